// Original file: proto/breakwater/v1/session.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AgentMessage as _breakwater_v1_AgentMessage, AgentMessage__Output as _breakwater_v1_AgentMessage__Output } from '../../breakwater/v1/AgentMessage.ts';
import type { ControllerMessage as _breakwater_v1_ControllerMessage, ControllerMessage__Output as _breakwater_v1_ControllerMessage__Output } from '../../breakwater/v1/ControllerMessage.ts';

/**
 * One bidirectional stream per agent, opened by the agent over mTLS.
 * The first message up is Hello, the first message down is Welcome or a gRPC status that says why not.
 */
export interface AgentServiceClient extends grpc.Client {
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_breakwater_v1_AgentMessage, _breakwater_v1_ControllerMessage__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_breakwater_v1_AgentMessage, _breakwater_v1_ControllerMessage__Output>;
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_breakwater_v1_AgentMessage, _breakwater_v1_ControllerMessage__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_breakwater_v1_AgentMessage, _breakwater_v1_ControllerMessage__Output>;
  
}

/**
 * One bidirectional stream per agent, opened by the agent over mTLS.
 * The first message up is Hello, the first message down is Welcome or a gRPC status that says why not.
 */
export interface AgentServiceHandlers extends grpc.UntypedServiceImplementation {
  Session: grpc.handleBidiStreamingCall<_breakwater_v1_AgentMessage__Output, _breakwater_v1_ControllerMessage>;
  
}

export interface AgentServiceDefinition extends grpc.ServiceDefinition {
  Session: MethodDefinition<_breakwater_v1_AgentMessage, _breakwater_v1_ControllerMessage, _breakwater_v1_AgentMessage__Output, _breakwater_v1_ControllerMessage__Output>
}
