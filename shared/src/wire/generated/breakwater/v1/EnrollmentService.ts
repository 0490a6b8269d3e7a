// Original file: proto/breakwater/v1/enrollment.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EnrollRequest as _breakwater_v1_EnrollRequest, EnrollRequest__Output as _breakwater_v1_EnrollRequest__Output } from '../../breakwater/v1/EnrollRequest.ts';
import type { EnrollResponse as _breakwater_v1_EnrollResponse, EnrollResponse__Output as _breakwater_v1_EnrollResponse__Output } from '../../breakwater/v1/EnrollResponse.ts';
import type { RenewRequest as _breakwater_v1_RenewRequest, RenewRequest__Output as _breakwater_v1_RenewRequest__Output } from '../../breakwater/v1/RenewRequest.ts';
import type { RenewResponse as _breakwater_v1_RenewResponse, RenewResponse__Output as _breakwater_v1_RenewResponse__Output } from '../../breakwater/v1/RenewResponse.ts';

/**
 * Joining the fleet. Enroll is served on the enrolment listener (server TLS only, the agent has no certificate yet);
 * Renew on the session listener, where the present certificate says who asks; or, when that ran out while the endpoint was
 * away, on the enrolment listener, where the certificate and a signature by its key say so.
 */
export interface EnrollmentServiceClient extends grpc.Client {
  Enroll(argument: _breakwater_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_breakwater_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _breakwater_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_breakwater_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _breakwater_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_breakwater_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _breakwater_v1_EnrollRequest, callback: grpc.requestCallback<_breakwater_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _breakwater_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_breakwater_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _breakwater_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_breakwater_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _breakwater_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_breakwater_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _breakwater_v1_EnrollRequest, callback: grpc.requestCallback<_breakwater_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  
  Renew(argument: _breakwater_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_breakwater_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _breakwater_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_breakwater_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _breakwater_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_breakwater_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _breakwater_v1_RenewRequest, callback: grpc.requestCallback<_breakwater_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _breakwater_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_breakwater_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _breakwater_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_breakwater_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _breakwater_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_breakwater_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _breakwater_v1_RenewRequest, callback: grpc.requestCallback<_breakwater_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Joining the fleet. Enroll is served on the enrolment listener (server TLS only, the agent has no certificate yet);
 * Renew on the session listener, where the present certificate says who asks; or, when that ran out while the endpoint was
 * away, on the enrolment listener, where the certificate and a signature by its key say so.
 */
export interface EnrollmentServiceHandlers extends grpc.UntypedServiceImplementation {
  Enroll: grpc.handleUnaryCall<_breakwater_v1_EnrollRequest__Output, _breakwater_v1_EnrollResponse>;
  
  Renew: grpc.handleUnaryCall<_breakwater_v1_RenewRequest__Output, _breakwater_v1_RenewResponse>;
  
}

export interface EnrollmentServiceDefinition extends grpc.ServiceDefinition {
  Enroll: MethodDefinition<_breakwater_v1_EnrollRequest, _breakwater_v1_EnrollResponse, _breakwater_v1_EnrollRequest__Output, _breakwater_v1_EnrollResponse__Output>
  Renew: MethodDefinition<_breakwater_v1_RenewRequest, _breakwater_v1_RenewResponse, _breakwater_v1_RenewRequest__Output, _breakwater_v1_RenewResponse__Output>
}
