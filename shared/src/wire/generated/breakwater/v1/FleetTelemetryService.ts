// Original file: proto/breakwater/v1/telemetry.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { WatchRequest as _breakwater_v1_WatchRequest, WatchRequest__Output as _breakwater_v1_WatchRequest__Output } from '../../breakwater/v1/WatchRequest.ts';
import type { WatchResponse as _breakwater_v1_WatchResponse, WatchResponse__Output as _breakwater_v1_WatchResponse__Output } from '../../breakwater/v1/WatchResponse.ts';

/**
 * Read by health monitors over mTLS with a monitor's certificate.
 */
export interface FleetTelemetryServiceClient extends grpc.Client {
  Watch(argument: _breakwater_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_breakwater_v1_WatchResponse__Output>;
  Watch(argument: _breakwater_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_breakwater_v1_WatchResponse__Output>;
  watch(argument: _breakwater_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_breakwater_v1_WatchResponse__Output>;
  watch(argument: _breakwater_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_breakwater_v1_WatchResponse__Output>;
  
}

/**
 * Read by health monitors over mTLS with a monitor's certificate.
 */
export interface FleetTelemetryServiceHandlers extends grpc.UntypedServiceImplementation {
  Watch: grpc.handleServerStreamingCall<_breakwater_v1_WatchRequest__Output, _breakwater_v1_WatchResponse>;
  
}

export interface FleetTelemetryServiceDefinition extends grpc.ServiceDefinition {
  Watch: MethodDefinition<_breakwater_v1_WatchRequest, _breakwater_v1_WatchResponse, _breakwater_v1_WatchRequest__Output, _breakwater_v1_WatchResponse__Output>
}
