import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { FleetSample as _breakwater_v1_FleetSample, FleetSample__Output as _breakwater_v1_FleetSample__Output } from './breakwater/v1/FleetSample.ts';
import type { FleetTelemetryServiceClient as _breakwater_v1_FleetTelemetryServiceClient, FleetTelemetryServiceDefinition as _breakwater_v1_FleetTelemetryServiceDefinition } from './breakwater/v1/FleetTelemetryService.ts';
import type { HealthBatch as _breakwater_v1_HealthBatch, HealthBatch__Output as _breakwater_v1_HealthBatch__Output } from './breakwater/v1/HealthBatch.ts';
import type { HealthDelta as _breakwater_v1_HealthDelta, HealthDelta__Output as _breakwater_v1_HealthDelta__Output } from './breakwater/v1/HealthDelta.ts';
import type { Sample as _breakwater_v1_Sample, Sample__Output as _breakwater_v1_Sample__Output } from './breakwater/v1/Sample.ts';
import type { WatchRequest as _breakwater_v1_WatchRequest, WatchRequest__Output as _breakwater_v1_WatchRequest__Output } from './breakwater/v1/WatchRequest.ts';
import type { WatchResponse as _breakwater_v1_WatchResponse, WatchResponse__Output as _breakwater_v1_WatchResponse__Output } from './breakwater/v1/WatchResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  breakwater: {
    v1: {
      FleetSample: MessageTypeDefinition<_breakwater_v1_FleetSample, _breakwater_v1_FleetSample__Output>
      /**
       * Read by health monitors over mTLS with a monitor's certificate.
       */
      FleetTelemetryService: SubtypeConstructor<typeof grpc.Client, _breakwater_v1_FleetTelemetryServiceClient> & { service: _breakwater_v1_FleetTelemetryServiceDefinition }
      HealthBatch: MessageTypeDefinition<_breakwater_v1_HealthBatch, _breakwater_v1_HealthBatch__Output>
      HealthDelta: MessageTypeDefinition<_breakwater_v1_HealthDelta, _breakwater_v1_HealthDelta__Output>
      Sample: MessageTypeDefinition<_breakwater_v1_Sample, _breakwater_v1_Sample__Output>
      WatchRequest: MessageTypeDefinition<_breakwater_v1_WatchRequest, _breakwater_v1_WatchRequest__Output>
      WatchResponse: MessageTypeDefinition<_breakwater_v1_WatchResponse, _breakwater_v1_WatchResponse__Output>
    }
  }
}

