import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { CollectorProblem as _breakwater_v1_CollectorProblem, CollectorProblem__Output as _breakwater_v1_CollectorProblem__Output } from './breakwater/v1/CollectorProblem.ts';
import type { Component as _breakwater_v1_Component, Component__Output as _breakwater_v1_Component__Output } from './breakwater/v1/Component.ts';
import type { ComponentKey as _breakwater_v1_ComponentKey, ComponentKey__Output as _breakwater_v1_ComponentKey__Output } from './breakwater/v1/ComponentKey.ts';
import type { ComponentScan as _breakwater_v1_ComponentScan, ComponentScan__Output as _breakwater_v1_ComponentScan__Output } from './breakwater/v1/ComponentScan.ts';
import type { ComponentUse as _breakwater_v1_ComponentUse, ComponentUse__Output as _breakwater_v1_ComponentUse__Output } from './breakwater/v1/ComponentUse.ts';
import type { Container as _breakwater_v1_Container, Container__Output as _breakwater_v1_Container__Output } from './breakwater/v1/Container.ts';
import type { ContainerImage as _breakwater_v1_ContainerImage, ContainerImage__Output as _breakwater_v1_ContainerImage__Output } from './breakwater/v1/ContainerImage.ts';
import type { ContainerRuntime as _breakwater_v1_ContainerRuntime, ContainerRuntime__Output as _breakwater_v1_ContainerRuntime__Output } from './breakwater/v1/ContainerRuntime.ts';
import type { DescribeUpdates as _breakwater_v1_DescribeUpdates, DescribeUpdates__Output as _breakwater_v1_DescribeUpdates__Output } from './breakwater/v1/DescribeUpdates.ts';
import type { EndpointIdentity as _breakwater_v1_EndpointIdentity, EndpointIdentity__Output as _breakwater_v1_EndpointIdentity__Output } from './breakwater/v1/EndpointIdentity.ts';
import type { EnrollRequest as _breakwater_v1_EnrollRequest, EnrollRequest__Output as _breakwater_v1_EnrollRequest__Output } from './breakwater/v1/EnrollRequest.ts';
import type { EnrollResponse as _breakwater_v1_EnrollResponse, EnrollResponse__Output as _breakwater_v1_EnrollResponse__Output } from './breakwater/v1/EnrollResponse.ts';
import type { EnrollmentServiceClient as _breakwater_v1_EnrollmentServiceClient, EnrollmentServiceDefinition as _breakwater_v1_EnrollmentServiceDefinition } from './breakwater/v1/EnrollmentService.ts';
import type { FileSystem as _breakwater_v1_FileSystem, FileSystem__Output as _breakwater_v1_FileSystem__Output } from './breakwater/v1/FileSystem.ts';
import type { Hardware as _breakwater_v1_Hardware, Hardware__Output as _breakwater_v1_Hardware__Output } from './breakwater/v1/Hardware.ts';
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
import type { Neighbour as _breakwater_v1_Neighbour, Neighbour__Output as _breakwater_v1_Neighbour__Output } from './breakwater/v1/Neighbour.ts';
import type { Neighbourhood as _breakwater_v1_Neighbourhood, Neighbourhood__Output as _breakwater_v1_Neighbourhood__Output } from './breakwater/v1/Neighbourhood.ts';
import type { Network as _breakwater_v1_Network, Network__Output as _breakwater_v1_Network__Output } from './breakwater/v1/Network.ts';
import type { NewPackage as _breakwater_v1_NewPackage, NewPackage__Output as _breakwater_v1_NewPackage__Output } from './breakwater/v1/NewPackage.ts';
import type { NotLooked as _breakwater_v1_NotLooked, NotLooked__Output as _breakwater_v1_NotLooked__Output } from './breakwater/v1/NotLooked.ts';
import type { OperatingSystem as _breakwater_v1_OperatingSystem, OperatingSystem__Output as _breakwater_v1_OperatingSystem__Output } from './breakwater/v1/OperatingSystem.ts';
import type { OperatorKey as _breakwater_v1_OperatorKey, OperatorKey__Output as _breakwater_v1_OperatorKey__Output } from './breakwater/v1/OperatorKey.ts';
import type { Package as _breakwater_v1_Package, Package__Output as _breakwater_v1_Package__Output } from './breakwater/v1/Package.ts';
import type { PackageKey as _breakwater_v1_PackageKey, PackageKey__Output as _breakwater_v1_PackageKey__Output } from './breakwater/v1/PackageKey.ts';
import type { Passkey as _breakwater_v1_Passkey, Passkey__Output as _breakwater_v1_Passkey__Output } from './breakwater/v1/Passkey.ts';
import type { PendingUpdate as _breakwater_v1_PendingUpdate, PendingUpdate__Output as _breakwater_v1_PendingUpdate__Output } from './breakwater/v1/PendingUpdate.ts';
import type { RebootState as _breakwater_v1_RebootState, RebootState__Output as _breakwater_v1_RebootState__Output } from './breakwater/v1/RebootState.ts';
import type { RenewRequest as _breakwater_v1_RenewRequest, RenewRequest__Output as _breakwater_v1_RenewRequest__Output } from './breakwater/v1/RenewRequest.ts';
import type { RenewResponse as _breakwater_v1_RenewResponse, RenewResponse__Output as _breakwater_v1_RenewResponse__Output } from './breakwater/v1/RenewResponse.ts';
import type { Repository as _breakwater_v1_Repository, Repository__Output as _breakwater_v1_Repository__Output } from './breakwater/v1/Repository.ts';
import type { Service as _breakwater_v1_Service, Service__Output as _breakwater_v1_Service__Output } from './breakwater/v1/Service.ts';
import type { StaleProcess as _breakwater_v1_StaleProcess, StaleProcess__Output as _breakwater_v1_StaleProcess__Output } from './breakwater/v1/StaleProcess.ts';
import type { UpdateDescription as _breakwater_v1_UpdateDescription, UpdateDescription__Output as _breakwater_v1_UpdateDescription__Output } from './breakwater/v1/UpdateDescription.ts';
import type { UpdateDescriptions as _breakwater_v1_UpdateDescriptions, UpdateDescriptions__Output as _breakwater_v1_UpdateDescriptions__Output } from './breakwater/v1/UpdateDescriptions.ts';
import type { UpdateRequest as _breakwater_v1_UpdateRequest, UpdateRequest__Output as _breakwater_v1_UpdateRequest__Output } from './breakwater/v1/UpdateRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  breakwater: {
    v1: {
      CollectorProblem: MessageTypeDefinition<_breakwater_v1_CollectorProblem, _breakwater_v1_CollectorProblem__Output>
      Component: MessageTypeDefinition<_breakwater_v1_Component, _breakwater_v1_Component__Output>
      ComponentKey: MessageTypeDefinition<_breakwater_v1_ComponentKey, _breakwater_v1_ComponentKey__Output>
      ComponentScan: MessageTypeDefinition<_breakwater_v1_ComponentScan, _breakwater_v1_ComponentScan__Output>
      ComponentUse: MessageTypeDefinition<_breakwater_v1_ComponentUse, _breakwater_v1_ComponentUse__Output>
      Container: MessageTypeDefinition<_breakwater_v1_Container, _breakwater_v1_Container__Output>
      ContainerImage: MessageTypeDefinition<_breakwater_v1_ContainerImage, _breakwater_v1_ContainerImage__Output>
      ContainerRuntime: MessageTypeDefinition<_breakwater_v1_ContainerRuntime, _breakwater_v1_ContainerRuntime__Output>
      DescribeUpdates: MessageTypeDefinition<_breakwater_v1_DescribeUpdates, _breakwater_v1_DescribeUpdates__Output>
      EndpointIdentity: MessageTypeDefinition<_breakwater_v1_EndpointIdentity, _breakwater_v1_EndpointIdentity__Output>
      EnrollRequest: MessageTypeDefinition<_breakwater_v1_EnrollRequest, _breakwater_v1_EnrollRequest__Output>
      EnrollResponse: MessageTypeDefinition<_breakwater_v1_EnrollResponse, _breakwater_v1_EnrollResponse__Output>
      /**
       * Joining the fleet. Enroll is served on the enrolment listener (server TLS only, the agent has no certificate yet);
       * Renew on the session listener, where the present certificate says who asks; or, when that ran out while the endpoint was
       * away, on the enrolment listener, where the certificate and a signature by its key say so.
       */
      EnrollmentService: SubtypeConstructor<typeof grpc.Client, _breakwater_v1_EnrollmentServiceClient> & { service: _breakwater_v1_EnrollmentServiceDefinition }
      FileSystem: MessageTypeDefinition<_breakwater_v1_FileSystem, _breakwater_v1_FileSystem__Output>
      Hardware: MessageTypeDefinition<_breakwater_v1_Hardware, _breakwater_v1_Hardware__Output>
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
      Neighbour: MessageTypeDefinition<_breakwater_v1_Neighbour, _breakwater_v1_Neighbour__Output>
      Neighbourhood: MessageTypeDefinition<_breakwater_v1_Neighbourhood, _breakwater_v1_Neighbourhood__Output>
      Network: MessageTypeDefinition<_breakwater_v1_Network, _breakwater_v1_Network__Output>
      NewPackage: MessageTypeDefinition<_breakwater_v1_NewPackage, _breakwater_v1_NewPackage__Output>
      NotLooked: MessageTypeDefinition<_breakwater_v1_NotLooked, _breakwater_v1_NotLooked__Output>
      OperatingSystem: MessageTypeDefinition<_breakwater_v1_OperatingSystem, _breakwater_v1_OperatingSystem__Output>
      OperatorKey: MessageTypeDefinition<_breakwater_v1_OperatorKey, _breakwater_v1_OperatorKey__Output>
      Package: MessageTypeDefinition<_breakwater_v1_Package, _breakwater_v1_Package__Output>
      PackageKey: MessageTypeDefinition<_breakwater_v1_PackageKey, _breakwater_v1_PackageKey__Output>
      Passkey: MessageTypeDefinition<_breakwater_v1_Passkey, _breakwater_v1_Passkey__Output>
      PendingUpdate: MessageTypeDefinition<_breakwater_v1_PendingUpdate, _breakwater_v1_PendingUpdate__Output>
      RebootState: MessageTypeDefinition<_breakwater_v1_RebootState, _breakwater_v1_RebootState__Output>
      RenewRequest: MessageTypeDefinition<_breakwater_v1_RenewRequest, _breakwater_v1_RenewRequest__Output>
      RenewResponse: MessageTypeDefinition<_breakwater_v1_RenewResponse, _breakwater_v1_RenewResponse__Output>
      Repository: MessageTypeDefinition<_breakwater_v1_Repository, _breakwater_v1_Repository__Output>
      Service: MessageTypeDefinition<_breakwater_v1_Service, _breakwater_v1_Service__Output>
      StaleProcess: MessageTypeDefinition<_breakwater_v1_StaleProcess, _breakwater_v1_StaleProcess__Output>
      UpdateDescription: MessageTypeDefinition<_breakwater_v1_UpdateDescription, _breakwater_v1_UpdateDescription__Output>
      UpdateDescriptions: MessageTypeDefinition<_breakwater_v1_UpdateDescriptions, _breakwater_v1_UpdateDescriptions__Output>
      UpdateRequest: MessageTypeDefinition<_breakwater_v1_UpdateRequest, _breakwater_v1_UpdateRequest__Output>
    }
  }
}

