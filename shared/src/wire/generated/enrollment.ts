import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { EndpointIdentity as _breakwater_v1_EndpointIdentity, EndpointIdentity__Output as _breakwater_v1_EndpointIdentity__Output } from './breakwater/v1/EndpointIdentity.ts';
import type { EnrollRequest as _breakwater_v1_EnrollRequest, EnrollRequest__Output as _breakwater_v1_EnrollRequest__Output } from './breakwater/v1/EnrollRequest.ts';
import type { EnrollResponse as _breakwater_v1_EnrollResponse, EnrollResponse__Output as _breakwater_v1_EnrollResponse__Output } from './breakwater/v1/EnrollResponse.ts';
import type { EnrollmentServiceClient as _breakwater_v1_EnrollmentServiceClient, EnrollmentServiceDefinition as _breakwater_v1_EnrollmentServiceDefinition } from './breakwater/v1/EnrollmentService.ts';
import type { OperatingSystem as _breakwater_v1_OperatingSystem, OperatingSystem__Output as _breakwater_v1_OperatingSystem__Output } from './breakwater/v1/OperatingSystem.ts';
import type { OperatorKey as _breakwater_v1_OperatorKey, OperatorKey__Output as _breakwater_v1_OperatorKey__Output } from './breakwater/v1/OperatorKey.ts';
import type { Passkey as _breakwater_v1_Passkey, Passkey__Output as _breakwater_v1_Passkey__Output } from './breakwater/v1/Passkey.ts';
import type { RenewRequest as _breakwater_v1_RenewRequest, RenewRequest__Output as _breakwater_v1_RenewRequest__Output } from './breakwater/v1/RenewRequest.ts';
import type { RenewResponse as _breakwater_v1_RenewResponse, RenewResponse__Output as _breakwater_v1_RenewResponse__Output } from './breakwater/v1/RenewResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  breakwater: {
    v1: {
      EndpointIdentity: MessageTypeDefinition<_breakwater_v1_EndpointIdentity, _breakwater_v1_EndpointIdentity__Output>
      EnrollRequest: MessageTypeDefinition<_breakwater_v1_EnrollRequest, _breakwater_v1_EnrollRequest__Output>
      EnrollResponse: MessageTypeDefinition<_breakwater_v1_EnrollResponse, _breakwater_v1_EnrollResponse__Output>
      /**
       * Joining the fleet. Enroll is served on the enrolment listener (server TLS only, the agent has no certificate yet);
       * Renew on the session listener, where the present certificate says who asks; or, when that ran out while the endpoint was
       * away, on the enrolment listener, where the certificate and a signature by its key say so.
       */
      EnrollmentService: SubtypeConstructor<typeof grpc.Client, _breakwater_v1_EnrollmentServiceClient> & { service: _breakwater_v1_EnrollmentServiceDefinition }
      OperatingSystem: MessageTypeDefinition<_breakwater_v1_OperatingSystem, _breakwater_v1_OperatingSystem__Output>
      OperatorKey: MessageTypeDefinition<_breakwater_v1_OperatorKey, _breakwater_v1_OperatorKey__Output>
      Passkey: MessageTypeDefinition<_breakwater_v1_Passkey, _breakwater_v1_Passkey__Output>
      RenewRequest: MessageTypeDefinition<_breakwater_v1_RenewRequest, _breakwater_v1_RenewRequest__Output>
      RenewResponse: MessageTypeDefinition<_breakwater_v1_RenewResponse, _breakwater_v1_RenewResponse__Output>
    }
  }
}

