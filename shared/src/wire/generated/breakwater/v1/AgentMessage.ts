// Original file: proto/breakwater/v1/session.proto

import type { Hello as _breakwater_v1_Hello, Hello__Output as _breakwater_v1_Hello__Output } from '../../breakwater/v1/Hello.ts';
import type { Pong as _breakwater_v1_Pong, Pong__Output as _breakwater_v1_Pong__Output } from '../../breakwater/v1/Pong.ts';
import type { InventorySnapshotChunk as _breakwater_v1_InventorySnapshotChunk, InventorySnapshotChunk__Output as _breakwater_v1_InventorySnapshotChunk__Output } from '../../breakwater/v1/InventorySnapshotChunk.ts';
import type { InventoryDelta as _breakwater_v1_InventoryDelta, InventoryDelta__Output as _breakwater_v1_InventoryDelta__Output } from '../../breakwater/v1/InventoryDelta.ts';
import type { UpdateDescriptions as _breakwater_v1_UpdateDescriptions, UpdateDescriptions__Output as _breakwater_v1_UpdateDescriptions__Output } from '../../breakwater/v1/UpdateDescriptions.ts';
import type { HealthBatch as _breakwater_v1_HealthBatch, HealthBatch__Output as _breakwater_v1_HealthBatch__Output } from '../../breakwater/v1/HealthBatch.ts';
import type { ExecutionReport as _breakwater_v1_ExecutionReport, ExecutionReport__Output as _breakwater_v1_ExecutionReport__Output } from '../../breakwater/v1/ExecutionReport.ts';
import type { CommandRefused as _breakwater_v1_CommandRefused, CommandRefused__Output as _breakwater_v1_CommandRefused__Output } from '../../breakwater/v1/CommandRefused.ts';
import type { Goodbye as _breakwater_v1_Goodbye, Goodbye__Output as _breakwater_v1_Goodbye__Output } from '../../breakwater/v1/Goodbye.ts';
import type { BrakesReport as _breakwater_v1_BrakesReport, BrakesReport__Output as _breakwater_v1_BrakesReport__Output } from '../../breakwater/v1/BrakesReport.ts';
import type { HealthDelta as _breakwater_v1_HealthDelta, HealthDelta__Output as _breakwater_v1_HealthDelta__Output } from '../../breakwater/v1/HealthDelta.ts';
import type { Long } from '@grpc/proto-loader';

export interface AgentMessage {
  /**
   * Set on messages that must not be lost (reports, inventory, descriptions); answered by Ack with the same number.
   * Counts up from 1 within a stream; 0 on messages that may be dropped.
   */
  'sequence'?: (number | string | Long);
  'hello'?: (_breakwater_v1_Hello | null);
  'pong'?: (_breakwater_v1_Pong | null);
  'inventorySnapshot'?: (_breakwater_v1_InventorySnapshotChunk | null);
  'inventoryDelta'?: (_breakwater_v1_InventoryDelta | null);
  'updateDescriptions'?: (_breakwater_v1_UpdateDescriptions | null);
  'health'?: (_breakwater_v1_HealthBatch | null);
  'executionReport'?: (_breakwater_v1_ExecutionReport | null);
  'commandRefused'?: (_breakwater_v1_CommandRefused | null);
  'goodbye'?: (_breakwater_v1_Goodbye | null);
  'brakes'?: (_breakwater_v1_BrakesReport | null);
  /**
   * Only where Settings.health_steps allows it.
   */
  'healthDelta'?: (_breakwater_v1_HealthDelta | null);
  'body'?: "hello"|"pong"|"inventorySnapshot"|"inventoryDelta"|"updateDescriptions"|"health"|"executionReport"|"commandRefused"|"goodbye"|"brakes"|"healthDelta";
}

export interface AgentMessage__Output {
  /**
   * Set on messages that must not be lost (reports, inventory, descriptions); answered by Ack with the same number.
   * Counts up from 1 within a stream; 0 on messages that may be dropped.
   */
  'sequence': (number);
  'hello'?: (_breakwater_v1_Hello__Output | null);
  'pong'?: (_breakwater_v1_Pong__Output | null);
  'inventorySnapshot'?: (_breakwater_v1_InventorySnapshotChunk__Output | null);
  'inventoryDelta'?: (_breakwater_v1_InventoryDelta__Output | null);
  'updateDescriptions'?: (_breakwater_v1_UpdateDescriptions__Output | null);
  'health'?: (_breakwater_v1_HealthBatch__Output | null);
  'executionReport'?: (_breakwater_v1_ExecutionReport__Output | null);
  'commandRefused'?: (_breakwater_v1_CommandRefused__Output | null);
  'goodbye'?: (_breakwater_v1_Goodbye__Output | null);
  'brakes'?: (_breakwater_v1_BrakesReport__Output | null);
  /**
   * Only where Settings.health_steps allows it.
   */
  'healthDelta'?: (_breakwater_v1_HealthDelta__Output | null);
  'body'?: "hello"|"pong"|"inventorySnapshot"|"inventoryDelta"|"updateDescriptions"|"health"|"executionReport"|"commandRefused"|"goodbye"|"brakes"|"healthDelta";
}
