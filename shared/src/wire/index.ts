import * as grpc from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import type { ProtoGrpcType as Command } from "./generated/command.ts";
import type { ProtoGrpcType as Enrollment } from "./generated/enrollment.ts";
import { schema } from "./generated/schema.ts";
import type { ProtoGrpcType as SessionFile } from "./generated/session.ts";
import type { ProtoGrpcType as Telemetry } from "./generated/telemetry.ts";

/** The generations of the protocol that this build speaks: N, N-1 and N-2, of which there are two so far. */
export const PROTOCOL = { lowest: 1, highest: 2 } as const;
/** The generation that brought a kind of command; elder agents are not sent it. */
export const SINCE = { rehearse: 2 } as const;

export { type HealthAssembly, type HealthMoment, healthAssembly, healthSteps } from "./health-delta.ts";
export { lateRenewalText } from "./late-renewal.ts";

/** Largest message either side accepts. Inventories are chunked well below it. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Packages in one snapshot chunk: about 200 bytes each, so a chunk stays under a quarter of the message limit. */
export const PACKAGES_PER_CHUNK = 2_000;
/** Components in one snapshot chunk, or one delta: some 300 bytes each, 1 kB where many processes use them. */
export const COMPONENTS_PER_CHUNK = 2_000;

const definition = fromJSON(JSON.parse(JSON.stringify(schema)), { longs: Number, enums: String, defaults: true, oneofs: true });
const loaded = grpc.loadPackageDefinition(definition) as unknown as Enrollment & SessionFile & Telemetry & Command;

export const EnrollmentService = loaded.breakwater.v1.EnrollmentService;
export const AgentService = loaded.breakwater.v1.AgentService;
export const FleetTelemetryService = loaded.breakwater.v1.FleetTelemetryService;

// What arrives is always complete (defaults filled in); what is sent may leave fields out.
export type { AgentMessage, AgentMessage__Output } from "./generated/breakwater/v1/AgentMessage.ts";
export type { AgentServiceClient, AgentServiceHandlers } from "./generated/breakwater/v1/AgentService.ts";
export type { Apply, Apply__Output } from "./generated/breakwater/v1/Apply.ts";
export type { BrakesReport, BrakesReport__Output } from "./generated/breakwater/v1/BrakesReport.ts";
export type { Check as WireCheck, Check__Output as WireCheck__Output } from "./generated/breakwater/v1/Check.ts";
export type { Command, Command__Output } from "./generated/breakwater/v1/Command.ts";
export type { Component as WireComponent, Component__Output as WireComponent__Output } from "./generated/breakwater/v1/Component.ts";
export type { ComponentKey, ComponentKey__Output } from "./generated/breakwater/v1/ComponentKey.ts";
export type { ControllerMessage, ControllerMessage__Output } from "./generated/breakwater/v1/ControllerMessage.ts";
export type { DescribeUpdates, DescribeUpdates__Output } from "./generated/breakwater/v1/DescribeUpdates.ts";
export type { EndpointIdentity, EndpointIdentity__Output } from "./generated/breakwater/v1/EndpointIdentity.ts";
export type { EnrollmentServiceClient, EnrollmentServiceHandlers } from "./generated/breakwater/v1/EnrollmentService.ts";
export type { EnrollRequest, EnrollRequest__Output } from "./generated/breakwater/v1/EnrollRequest.ts";
export type { EnrollResponse, EnrollResponse__Output } from "./generated/breakwater/v1/EnrollResponse.ts";
export type { ExecutionReport, ExecutionReport__Output } from "./generated/breakwater/v1/ExecutionReport.ts";
export type { FleetSample, FleetSample__Output } from "./generated/breakwater/v1/FleetSample.ts";
export type { FleetTelemetryServiceClient, FleetTelemetryServiceHandlers } from "./generated/breakwater/v1/FleetTelemetryService.ts";
export type { HealthBatch, HealthBatch__Output } from "./generated/breakwater/v1/HealthBatch.ts";
export type { Hello, Hello__Output } from "./generated/breakwater/v1/Hello.ts";
export type { Inventory as WireInventory, Inventory__Output as WireInventory__Output } from "./generated/breakwater/v1/Inventory.ts";
export type { InventoryDelta, InventoryDelta__Output } from "./generated/breakwater/v1/InventoryDelta.ts";
export type { InventorySnapshotChunk, InventorySnapshotChunk__Output } from "./generated/breakwater/v1/InventorySnapshotChunk.ts";
export type { NewPackage as WireNewPackage } from "./generated/breakwater/v1/NewPackage.ts";
export type { Package as WirePackage, Package__Output as WirePackage__Output } from "./generated/breakwater/v1/Package.ts";
export type {
  PendingUpdate as WirePendingUpdate,
  PendingUpdate__Output as WirePendingUpdate__Output,
} from "./generated/breakwater/v1/PendingUpdate.ts";
export type { RenewRequest__Output } from "./generated/breakwater/v1/RenewRequest.ts";
export type { RenewResponse } from "./generated/breakwater/v1/RenewResponse.ts";
export type { UpdateDescription, UpdateDescription__Output } from "./generated/breakwater/v1/UpdateDescription.ts";
export type { WatchRequest, WatchRequest__Output } from "./generated/breakwater/v1/WatchRequest.ts";
export type { WatchResponse, WatchResponse__Output } from "./generated/breakwater/v1/WatchResponse.ts";
export type { Welcome, Welcome__Output } from "./generated/breakwater/v1/Welcome.ts";
