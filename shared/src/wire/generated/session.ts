import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Ack as _breakwater_v1_Ack, Ack__Output as _breakwater_v1_Ack__Output } from './breakwater/v1/Ack.ts';
import type { AgentMessage as _breakwater_v1_AgentMessage, AgentMessage__Output as _breakwater_v1_AgentMessage__Output } from './breakwater/v1/AgentMessage.ts';
import type { AgentServiceClient as _breakwater_v1_AgentServiceClient, AgentServiceDefinition as _breakwater_v1_AgentServiceDefinition } from './breakwater/v1/AgentService.ts';
import type { Apply as _breakwater_v1_Apply, Apply__Output as _breakwater_v1_Apply__Output } from './breakwater/v1/Apply.ts';
import type { Approval as _breakwater_v1_Approval, Approval__Output as _breakwater_v1_Approval__Output } from './breakwater/v1/Approval.ts';
import type { BrakesReport as _breakwater_v1_BrakesReport, BrakesReport__Output as _breakwater_v1_BrakesReport__Output } from './breakwater/v1/BrakesReport.ts';
import type { Cancel as _breakwater_v1_Cancel, Cancel__Output as _breakwater_v1_Cancel__Output } from './breakwater/v1/Cancel.ts';
import type { Check as _breakwater_v1_Check, Check__Output as _breakwater_v1_Check__Output } from './breakwater/v1/Check.ts';
import type { CheckResult as _breakwater_v1_CheckResult, CheckResult__Output as _breakwater_v1_CheckResult__Output } from './breakwater/v1/CheckResult.ts';
import type { CollectorProblem as _breakwater_v1_CollectorProblem, CollectorProblem__Output as _breakwater_v1_CollectorProblem__Output } from './breakwater/v1/CollectorProblem.ts';
import type { Command as _breakwater_v1_Command, Command__Output as _breakwater_v1_Command__Output } from './breakwater/v1/Command.ts';
import type { CommandRefused as _breakwater_v1_CommandRefused, CommandRefused__Output as _breakwater_v1_CommandRefused__Output } from './breakwater/v1/CommandRefused.ts';
import type { Component as _breakwater_v1_Component, Component__Output as _breakwater_v1_Component__Output } from './breakwater/v1/Component.ts';
import type { ComponentKey as _breakwater_v1_ComponentKey, ComponentKey__Output as _breakwater_v1_ComponentKey__Output } from './breakwater/v1/ComponentKey.ts';
import type { ComponentScan as _breakwater_v1_ComponentScan, ComponentScan__Output as _breakwater_v1_ComponentScan__Output } from './breakwater/v1/ComponentScan.ts';
import type { ComponentUse as _breakwater_v1_ComponentUse, ComponentUse__Output as _breakwater_v1_ComponentUse__Output } from './breakwater/v1/ComponentUse.ts';
import type { Container as _breakwater_v1_Container, Container__Output as _breakwater_v1_Container__Output } from './breakwater/v1/Container.ts';
import type { ContainerImage as _breakwater_v1_ContainerImage, ContainerImage__Output as _breakwater_v1_ContainerImage__Output } from './breakwater/v1/ContainerImage.ts';
import type { ContainerRuntime as _breakwater_v1_ContainerRuntime, ContainerRuntime__Output as _breakwater_v1_ContainerRuntime__Output } from './breakwater/v1/ContainerRuntime.ts';
import type { ControllerMessage as _breakwater_v1_ControllerMessage, ControllerMessage__Output as _breakwater_v1_ControllerMessage__Output } from './breakwater/v1/ControllerMessage.ts';
import type { DescribeUpdates as _breakwater_v1_DescribeUpdates, DescribeUpdates__Output as _breakwater_v1_DescribeUpdates__Output } from './breakwater/v1/DescribeUpdates.ts';
import type { Disconnect as _breakwater_v1_Disconnect, Disconnect__Output as _breakwater_v1_Disconnect__Output } from './breakwater/v1/Disconnect.ts';
import type { EndpointIdentity as _breakwater_v1_EndpointIdentity, EndpointIdentity__Output as _breakwater_v1_EndpointIdentity__Output } from './breakwater/v1/EndpointIdentity.ts';
import type { EnrollRequest as _breakwater_v1_EnrollRequest, EnrollRequest__Output as _breakwater_v1_EnrollRequest__Output } from './breakwater/v1/EnrollRequest.ts';
import type { EnrollResponse as _breakwater_v1_EnrollResponse, EnrollResponse__Output as _breakwater_v1_EnrollResponse__Output } from './breakwater/v1/EnrollResponse.ts';
import type { EnrollmentServiceClient as _breakwater_v1_EnrollmentServiceClient, EnrollmentServiceDefinition as _breakwater_v1_EnrollmentServiceDefinition } from './breakwater/v1/EnrollmentService.ts';
import type { ExecutionReport as _breakwater_v1_ExecutionReport, ExecutionReport__Output as _breakwater_v1_ExecutionReport__Output } from './breakwater/v1/ExecutionReport.ts';
import type { FileSystem as _breakwater_v1_FileSystem, FileSystem__Output as _breakwater_v1_FileSystem__Output } from './breakwater/v1/FileSystem.ts';
import type { FleetSample as _breakwater_v1_FleetSample, FleetSample__Output as _breakwater_v1_FleetSample__Output } from './breakwater/v1/FleetSample.ts';
import type { FleetTelemetryServiceClient as _breakwater_v1_FleetTelemetryServiceClient, FleetTelemetryServiceDefinition as _breakwater_v1_FleetTelemetryServiceDefinition } from './breakwater/v1/FleetTelemetryService.ts';
import type { Goodbye as _breakwater_v1_Goodbye, Goodbye__Output as _breakwater_v1_Goodbye__Output } from './breakwater/v1/Goodbye.ts';
import type { HaltOrder as _breakwater_v1_HaltOrder, HaltOrder__Output as _breakwater_v1_HaltOrder__Output } from './breakwater/v1/HaltOrder.ts';
import type { Hardware as _breakwater_v1_Hardware, Hardware__Output as _breakwater_v1_Hardware__Output } from './breakwater/v1/Hardware.ts';
import type { HealthBatch as _breakwater_v1_HealthBatch, HealthBatch__Output as _breakwater_v1_HealthBatch__Output } from './breakwater/v1/HealthBatch.ts';
import type { HealthDelta as _breakwater_v1_HealthDelta, HealthDelta__Output as _breakwater_v1_HealthDelta__Output } from './breakwater/v1/HealthDelta.ts';
import type { Hello as _breakwater_v1_Hello, Hello__Output as _breakwater_v1_Hello__Output } from './breakwater/v1/Hello.ts';
import type { HostProof as _breakwater_v1_HostProof, HostProof__Output as _breakwater_v1_HostProof__Output } from './breakwater/v1/HostProof.ts';
import type { HttpCheck as _breakwater_v1_HttpCheck, HttpCheck__Output as _breakwater_v1_HttpCheck__Output } from './breakwater/v1/HttpCheck.ts';
import type { Interface as _breakwater_v1_Interface, Interface__Output as _breakwater_v1_Interface__Output } from './breakwater/v1/Interface.ts';
import type { Inventory as _breakwater_v1_Inventory, Inventory__Output as _breakwater_v1_Inventory__Output } from './breakwater/v1/Inventory.ts';
import type { InventoryDelta as _breakwater_v1_InventoryDelta, InventoryDelta__Output as _breakwater_v1_InventoryDelta__Output } from './breakwater/v1/InventoryDelta.ts';
import type { InventorySnapshotChunk as _breakwater_v1_InventorySnapshotChunk, InventorySnapshotChunk__Output as _breakwater_v1_InventorySnapshotChunk__Output } from './breakwater/v1/InventorySnapshotChunk.ts';
import type { Kernel as _breakwater_v1_Kernel, Kernel__Output as _breakwater_v1_Kernel__Output } from './breakwater/v1/Kernel.ts';
import type { Listener as _breakwater_v1_Listener, Listener__Output as _breakwater_v1_Listener__Output } from './breakwater/v1/Listener.ts';
import type { LoadedPackage as _breakwater_v1_LoadedPackage, LoadedPackage__Output as _breakwater_v1_LoadedPackage__Output } from './breakwater/v1/LoadedPackage.ts';
import type { LostVersion as _breakwater_v1_LostVersion, LostVersion__Output as _breakwater_v1_LostVersion__Output } from './breakwater/v1/LostVersion.ts';
import type { MappedFile as _breakwater_v1_MappedFile, MappedFile__Output as _breakwater_v1_MappedFile__Output } from './breakwater/v1/MappedFile.ts';
import type { MappingProcess as _breakwater_v1_MappingProcess, MappingProcess__Output as _breakwater_v1_MappingProcess__Output } from './breakwater/v1/MappingProcess.ts';
import type { MerkleStep as _breakwater_v1_MerkleStep, MerkleStep__Output as _breakwater_v1_MerkleStep__Output } from './breakwater/v1/MerkleStep.ts';
import type { Neighbour as _breakwater_v1_Neighbour, Neighbour__Output as _breakwater_v1_Neighbour__Output } from './breakwater/v1/Neighbour.ts';
import type { Neighbourhood as _breakwater_v1_Neighbourhood, Neighbourhood__Output as _breakwater_v1_Neighbourhood__Output } from './breakwater/v1/Neighbourhood.ts';
import type { Network as _breakwater_v1_Network, Network__Output as _breakwater_v1_Network__Output } from './breakwater/v1/Network.ts';
import type { NewPackage as _breakwater_v1_NewPackage, NewPackage__Output as _breakwater_v1_NewPackage__Output } from './breakwater/v1/NewPackage.ts';
import type { NotLooked as _breakwater_v1_NotLooked, NotLooked__Output as _breakwater_v1_NotLooked__Output } from './breakwater/v1/NotLooked.ts';
import type { OperatingSystem as _breakwater_v1_OperatingSystem, OperatingSystem__Output as _breakwater_v1_OperatingSystem__Output } from './breakwater/v1/OperatingSystem.ts';
import type { OperatorKey as _breakwater_v1_OperatorKey, OperatorKey__Output as _breakwater_v1_OperatorKey__Output } from './breakwater/v1/OperatorKey.ts';
import type { OutputChunk as _breakwater_v1_OutputChunk, OutputChunk__Output as _breakwater_v1_OutputChunk__Output } from './breakwater/v1/OutputChunk.ts';
import type { Package as _breakwater_v1_Package, Package__Output as _breakwater_v1_Package__Output } from './breakwater/v1/Package.ts';
import type { PackageKey as _breakwater_v1_PackageKey, PackageKey__Output as _breakwater_v1_PackageKey__Output } from './breakwater/v1/PackageKey.ts';
import type { PackageState as _breakwater_v1_PackageState, PackageState__Output as _breakwater_v1_PackageState__Output } from './breakwater/v1/PackageState.ts';
import type { Passkey as _breakwater_v1_Passkey, Passkey__Output as _breakwater_v1_Passkey__Output } from './breakwater/v1/Passkey.ts';
import type { PendingUpdate as _breakwater_v1_PendingUpdate, PendingUpdate__Output as _breakwater_v1_PendingUpdate__Output } from './breakwater/v1/PendingUpdate.ts';
import type { Ping as _breakwater_v1_Ping, Ping__Output as _breakwater_v1_Ping__Output } from './breakwater/v1/Ping.ts';
import type { Pong as _breakwater_v1_Pong, Pong__Output as _breakwater_v1_Pong__Output } from './breakwater/v1/Pong.ts';
import type { ProcessCheck as _breakwater_v1_ProcessCheck, ProcessCheck__Output as _breakwater_v1_ProcessCheck__Output } from './breakwater/v1/ProcessCheck.ts';
import type { ProtocolRange as _breakwater_v1_ProtocolRange, ProtocolRange__Output as _breakwater_v1_ProtocolRange__Output } from './breakwater/v1/ProtocolRange.ts';
import type { RateFuse as _breakwater_v1_RateFuse, RateFuse__Output as _breakwater_v1_RateFuse__Output } from './breakwater/v1/RateFuse.ts';
import type { RebootState as _breakwater_v1_RebootState, RebootState__Output as _breakwater_v1_RebootState__Output } from './breakwater/v1/RebootState.ts';
import type { RefusedOrder as _breakwater_v1_RefusedOrder, RefusedOrder__Output as _breakwater_v1_RefusedOrder__Output } from './breakwater/v1/RefusedOrder.ts';
import type { RehearsalCost as _breakwater_v1_RehearsalCost, RehearsalCost__Output as _breakwater_v1_RehearsalCost__Output } from './breakwater/v1/RehearsalCost.ts';
import type { RehearsalReport as _breakwater_v1_RehearsalReport, RehearsalReport__Output as _breakwater_v1_RehearsalReport__Output } from './breakwater/v1/RehearsalReport.ts';
import type { RehearsalStep as _breakwater_v1_RehearsalStep, RehearsalStep__Output as _breakwater_v1_RehearsalStep__Output } from './breakwater/v1/RehearsalStep.ts';
import type { Rehearse as _breakwater_v1_Rehearse, Rehearse__Output as _breakwater_v1_Rehearse__Output } from './breakwater/v1/Rehearse.ts';
import type { RehearsedCheck as _breakwater_v1_RehearsedCheck, RehearsedCheck__Output as _breakwater_v1_RehearsedCheck__Output } from './breakwater/v1/RehearsedCheck.ts';
import type { RehearsedPackage as _breakwater_v1_RehearsedPackage, RehearsedPackage__Output as _breakwater_v1_RehearsedPackage__Output } from './breakwater/v1/RehearsedPackage.ts';
import type { RenewRequest as _breakwater_v1_RenewRequest, RenewRequest__Output as _breakwater_v1_RenewRequest__Output } from './breakwater/v1/RenewRequest.ts';
import type { RenewResponse as _breakwater_v1_RenewResponse, RenewResponse__Output as _breakwater_v1_RenewResponse__Output } from './breakwater/v1/RenewResponse.ts';
import type { Repository as _breakwater_v1_Repository, Repository__Output as _breakwater_v1_Repository__Output } from './breakwater/v1/Repository.ts';
import type { Rollback as _breakwater_v1_Rollback, Rollback__Output as _breakwater_v1_Rollback__Output } from './breakwater/v1/Rollback.ts';
import type { Sample as _breakwater_v1_Sample, Sample__Output as _breakwater_v1_Sample__Output } from './breakwater/v1/Sample.ts';
import type { SendInventory as _breakwater_v1_SendInventory, SendInventory__Output as _breakwater_v1_SendInventory__Output } from './breakwater/v1/SendInventory.ts';
import type { Service as _breakwater_v1_Service, Service__Output as _breakwater_v1_Service__Output } from './breakwater/v1/Service.ts';
import type { Settings as _breakwater_v1_Settings, Settings__Output as _breakwater_v1_Settings__Output } from './breakwater/v1/Settings.ts';
import type { StaleProcess as _breakwater_v1_StaleProcess, StaleProcess__Output as _breakwater_v1_StaleProcess__Output } from './breakwater/v1/StaleProcess.ts';
import type { StandingHalt as _breakwater_v1_StandingHalt, StandingHalt__Output as _breakwater_v1_StandingHalt__Output } from './breakwater/v1/StandingHalt.ts';
import type { TcpCheck as _breakwater_v1_TcpCheck, TcpCheck__Output as _breakwater_v1_TcpCheck__Output } from './breakwater/v1/TcpCheck.ts';
import type { UnitCheck as _breakwater_v1_UnitCheck, UnitCheck__Output as _breakwater_v1_UnitCheck__Output } from './breakwater/v1/UnitCheck.ts';
import type { UpdateDescription as _breakwater_v1_UpdateDescription, UpdateDescription__Output as _breakwater_v1_UpdateDescription__Output } from './breakwater/v1/UpdateDescription.ts';
import type { UpdateDescriptions as _breakwater_v1_UpdateDescriptions, UpdateDescriptions__Output as _breakwater_v1_UpdateDescriptions__Output } from './breakwater/v1/UpdateDescriptions.ts';
import type { UpdateRequest as _breakwater_v1_UpdateRequest, UpdateRequest__Output as _breakwater_v1_UpdateRequest__Output } from './breakwater/v1/UpdateRequest.ts';
import type { WatchRequest as _breakwater_v1_WatchRequest, WatchRequest__Output as _breakwater_v1_WatchRequest__Output } from './breakwater/v1/WatchRequest.ts';
import type { WatchResponse as _breakwater_v1_WatchResponse, WatchResponse__Output as _breakwater_v1_WatchResponse__Output } from './breakwater/v1/WatchResponse.ts';
import type { Welcome as _breakwater_v1_Welcome, Welcome__Output as _breakwater_v1_Welcome__Output } from './breakwater/v1/Welcome.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  breakwater: {
    v1: {
      Ack: MessageTypeDefinition<_breakwater_v1_Ack, _breakwater_v1_Ack__Output>
      AgentMessage: MessageTypeDefinition<_breakwater_v1_AgentMessage, _breakwater_v1_AgentMessage__Output>
      /**
       * One bidirectional stream per agent, opened by the agent over mTLS.
       * The first message up is Hello, the first message down is Welcome or a gRPC status that says why not.
       */
      AgentService: SubtypeConstructor<typeof grpc.Client, _breakwater_v1_AgentServiceClient> & { service: _breakwater_v1_AgentServiceDefinition }
      Apply: MessageTypeDefinition<_breakwater_v1_Apply, _breakwater_v1_Apply__Output>
      Approval: MessageTypeDefinition<_breakwater_v1_Approval, _breakwater_v1_Approval__Output>
      BrakesReport: MessageTypeDefinition<_breakwater_v1_BrakesReport, _breakwater_v1_BrakesReport__Output>
      Cancel: MessageTypeDefinition<_breakwater_v1_Cancel, _breakwater_v1_Cancel__Output>
      Check: MessageTypeDefinition<_breakwater_v1_Check, _breakwater_v1_Check__Output>
      CheckResult: MessageTypeDefinition<_breakwater_v1_CheckResult, _breakwater_v1_CheckResult__Output>
      CollectorProblem: MessageTypeDefinition<_breakwater_v1_CollectorProblem, _breakwater_v1_CollectorProblem__Output>
      Command: MessageTypeDefinition<_breakwater_v1_Command, _breakwater_v1_Command__Output>
      CommandRefused: MessageTypeDefinition<_breakwater_v1_CommandRefused, _breakwater_v1_CommandRefused__Output>
      Component: MessageTypeDefinition<_breakwater_v1_Component, _breakwater_v1_Component__Output>
      ComponentKey: MessageTypeDefinition<_breakwater_v1_ComponentKey, _breakwater_v1_ComponentKey__Output>
      ComponentScan: MessageTypeDefinition<_breakwater_v1_ComponentScan, _breakwater_v1_ComponentScan__Output>
      ComponentUse: MessageTypeDefinition<_breakwater_v1_ComponentUse, _breakwater_v1_ComponentUse__Output>
      Container: MessageTypeDefinition<_breakwater_v1_Container, _breakwater_v1_Container__Output>
      ContainerImage: MessageTypeDefinition<_breakwater_v1_ContainerImage, _breakwater_v1_ContainerImage__Output>
      ContainerRuntime: MessageTypeDefinition<_breakwater_v1_ContainerRuntime, _breakwater_v1_ContainerRuntime__Output>
      ControllerMessage: MessageTypeDefinition<_breakwater_v1_ControllerMessage, _breakwater_v1_ControllerMessage__Output>
      DescribeUpdates: MessageTypeDefinition<_breakwater_v1_DescribeUpdates, _breakwater_v1_DescribeUpdates__Output>
      Disconnect: MessageTypeDefinition<_breakwater_v1_Disconnect, _breakwater_v1_Disconnect__Output>
      EndpointIdentity: MessageTypeDefinition<_breakwater_v1_EndpointIdentity, _breakwater_v1_EndpointIdentity__Output>
      EnrollRequest: MessageTypeDefinition<_breakwater_v1_EnrollRequest, _breakwater_v1_EnrollRequest__Output>
      EnrollResponse: MessageTypeDefinition<_breakwater_v1_EnrollResponse, _breakwater_v1_EnrollResponse__Output>
      /**
       * Joining the fleet. Enroll is served on the enrolment listener (server TLS only, the agent has no certificate yet);
       * Renew on the session listener, where the present certificate says who asks; or, when that ran out while the endpoint was
       * away, on the enrolment listener, where the certificate and a signature by its key say so.
       */
      EnrollmentService: SubtypeConstructor<typeof grpc.Client, _breakwater_v1_EnrollmentServiceClient> & { service: _breakwater_v1_EnrollmentServiceDefinition }
      ExecutionReport: MessageTypeDefinition<_breakwater_v1_ExecutionReport, _breakwater_v1_ExecutionReport__Output>
      FileSystem: MessageTypeDefinition<_breakwater_v1_FileSystem, _breakwater_v1_FileSystem__Output>
      FleetSample: MessageTypeDefinition<_breakwater_v1_FleetSample, _breakwater_v1_FleetSample__Output>
      /**
       * Read by health monitors over mTLS with a monitor's certificate.
       */
      FleetTelemetryService: SubtypeConstructor<typeof grpc.Client, _breakwater_v1_FleetTelemetryServiceClient> & { service: _breakwater_v1_FleetTelemetryServiceDefinition }
      Goodbye: MessageTypeDefinition<_breakwater_v1_Goodbye, _breakwater_v1_Goodbye__Output>
      HaltOrder: MessageTypeDefinition<_breakwater_v1_HaltOrder, _breakwater_v1_HaltOrder__Output>
      Hardware: MessageTypeDefinition<_breakwater_v1_Hardware, _breakwater_v1_Hardware__Output>
      HealthBatch: MessageTypeDefinition<_breakwater_v1_HealthBatch, _breakwater_v1_HealthBatch__Output>
      HealthDelta: MessageTypeDefinition<_breakwater_v1_HealthDelta, _breakwater_v1_HealthDelta__Output>
      Hello: MessageTypeDefinition<_breakwater_v1_Hello, _breakwater_v1_Hello__Output>
      HostProof: MessageTypeDefinition<_breakwater_v1_HostProof, _breakwater_v1_HostProof__Output>
      HttpCheck: MessageTypeDefinition<_breakwater_v1_HttpCheck, _breakwater_v1_HttpCheck__Output>
      Interface: MessageTypeDefinition<_breakwater_v1_Interface, _breakwater_v1_Interface__Output>
      Inventory: MessageTypeDefinition<_breakwater_v1_Inventory, _breakwater_v1_Inventory__Output>
      InventoryDelta: MessageTypeDefinition<_breakwater_v1_InventoryDelta, _breakwater_v1_InventoryDelta__Output>
      InventorySnapshotChunk: MessageTypeDefinition<_breakwater_v1_InventorySnapshotChunk, _breakwater_v1_InventorySnapshotChunk__Output>
      Kernel: MessageTypeDefinition<_breakwater_v1_Kernel, _breakwater_v1_Kernel__Output>
      Listener: MessageTypeDefinition<_breakwater_v1_Listener, _breakwater_v1_Listener__Output>
      LoadedPackage: MessageTypeDefinition<_breakwater_v1_LoadedPackage, _breakwater_v1_LoadedPackage__Output>
      LostVersion: MessageTypeDefinition<_breakwater_v1_LostVersion, _breakwater_v1_LostVersion__Output>
      MappedFile: MessageTypeDefinition<_breakwater_v1_MappedFile, _breakwater_v1_MappedFile__Output>
      MappingProcess: MessageTypeDefinition<_breakwater_v1_MappingProcess, _breakwater_v1_MappingProcess__Output>
      MerkleStep: MessageTypeDefinition<_breakwater_v1_MerkleStep, _breakwater_v1_MerkleStep__Output>
      Neighbour: MessageTypeDefinition<_breakwater_v1_Neighbour, _breakwater_v1_Neighbour__Output>
      Neighbourhood: MessageTypeDefinition<_breakwater_v1_Neighbourhood, _breakwater_v1_Neighbourhood__Output>
      Network: MessageTypeDefinition<_breakwater_v1_Network, _breakwater_v1_Network__Output>
      NewPackage: MessageTypeDefinition<_breakwater_v1_NewPackage, _breakwater_v1_NewPackage__Output>
      NotLooked: MessageTypeDefinition<_breakwater_v1_NotLooked, _breakwater_v1_NotLooked__Output>
      OperatingSystem: MessageTypeDefinition<_breakwater_v1_OperatingSystem, _breakwater_v1_OperatingSystem__Output>
      OperatorKey: MessageTypeDefinition<_breakwater_v1_OperatorKey, _breakwater_v1_OperatorKey__Output>
      OutputChunk: MessageTypeDefinition<_breakwater_v1_OutputChunk, _breakwater_v1_OutputChunk__Output>
      Package: MessageTypeDefinition<_breakwater_v1_Package, _breakwater_v1_Package__Output>
      PackageKey: MessageTypeDefinition<_breakwater_v1_PackageKey, _breakwater_v1_PackageKey__Output>
      PackageState: MessageTypeDefinition<_breakwater_v1_PackageState, _breakwater_v1_PackageState__Output>
      Passkey: MessageTypeDefinition<_breakwater_v1_Passkey, _breakwater_v1_Passkey__Output>
      PendingUpdate: MessageTypeDefinition<_breakwater_v1_PendingUpdate, _breakwater_v1_PendingUpdate__Output>
      Ping: MessageTypeDefinition<_breakwater_v1_Ping, _breakwater_v1_Ping__Output>
      Pong: MessageTypeDefinition<_breakwater_v1_Pong, _breakwater_v1_Pong__Output>
      ProcessCheck: MessageTypeDefinition<_breakwater_v1_ProcessCheck, _breakwater_v1_ProcessCheck__Output>
      ProtocolRange: MessageTypeDefinition<_breakwater_v1_ProtocolRange, _breakwater_v1_ProtocolRange__Output>
      RateFuse: MessageTypeDefinition<_breakwater_v1_RateFuse, _breakwater_v1_RateFuse__Output>
      RebootState: MessageTypeDefinition<_breakwater_v1_RebootState, _breakwater_v1_RebootState__Output>
      RefusedOrder: MessageTypeDefinition<_breakwater_v1_RefusedOrder, _breakwater_v1_RefusedOrder__Output>
      RehearsalCost: MessageTypeDefinition<_breakwater_v1_RehearsalCost, _breakwater_v1_RehearsalCost__Output>
      RehearsalReport: MessageTypeDefinition<_breakwater_v1_RehearsalReport, _breakwater_v1_RehearsalReport__Output>
      RehearsalStep: MessageTypeDefinition<_breakwater_v1_RehearsalStep, _breakwater_v1_RehearsalStep__Output>
      Rehearse: MessageTypeDefinition<_breakwater_v1_Rehearse, _breakwater_v1_Rehearse__Output>
      RehearsedCheck: MessageTypeDefinition<_breakwater_v1_RehearsedCheck, _breakwater_v1_RehearsedCheck__Output>
      RehearsedPackage: MessageTypeDefinition<_breakwater_v1_RehearsedPackage, _breakwater_v1_RehearsedPackage__Output>
      RenewRequest: MessageTypeDefinition<_breakwater_v1_RenewRequest, _breakwater_v1_RenewRequest__Output>
      RenewResponse: MessageTypeDefinition<_breakwater_v1_RenewResponse, _breakwater_v1_RenewResponse__Output>
      Repository: MessageTypeDefinition<_breakwater_v1_Repository, _breakwater_v1_Repository__Output>
      Rollback: MessageTypeDefinition<_breakwater_v1_Rollback, _breakwater_v1_Rollback__Output>
      Sample: MessageTypeDefinition<_breakwater_v1_Sample, _breakwater_v1_Sample__Output>
      SendInventory: MessageTypeDefinition<_breakwater_v1_SendInventory, _breakwater_v1_SendInventory__Output>
      Service: MessageTypeDefinition<_breakwater_v1_Service, _breakwater_v1_Service__Output>
      Settings: MessageTypeDefinition<_breakwater_v1_Settings, _breakwater_v1_Settings__Output>
      StaleProcess: MessageTypeDefinition<_breakwater_v1_StaleProcess, _breakwater_v1_StaleProcess__Output>
      StandingHalt: MessageTypeDefinition<_breakwater_v1_StandingHalt, _breakwater_v1_StandingHalt__Output>
      TcpCheck: MessageTypeDefinition<_breakwater_v1_TcpCheck, _breakwater_v1_TcpCheck__Output>
      UnitCheck: MessageTypeDefinition<_breakwater_v1_UnitCheck, _breakwater_v1_UnitCheck__Output>
      UpdateDescription: MessageTypeDefinition<_breakwater_v1_UpdateDescription, _breakwater_v1_UpdateDescription__Output>
      UpdateDescriptions: MessageTypeDefinition<_breakwater_v1_UpdateDescriptions, _breakwater_v1_UpdateDescriptions__Output>
      UpdateRequest: MessageTypeDefinition<_breakwater_v1_UpdateRequest, _breakwater_v1_UpdateRequest__Output>
      WatchRequest: MessageTypeDefinition<_breakwater_v1_WatchRequest, _breakwater_v1_WatchRequest__Output>
      WatchResponse: MessageTypeDefinition<_breakwater_v1_WatchResponse, _breakwater_v1_WatchResponse__Output>
      Welcome: MessageTypeDefinition<_breakwater_v1_Welcome, _breakwater_v1_Welcome__Output>
    }
  }
}

