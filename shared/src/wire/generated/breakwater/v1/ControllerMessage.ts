// Original file: proto/breakwater/v1/session.proto

import type { Welcome as _breakwater_v1_Welcome, Welcome__Output as _breakwater_v1_Welcome__Output } from '../../breakwater/v1/Welcome.ts';
import type { Ack as _breakwater_v1_Ack, Ack__Output as _breakwater_v1_Ack__Output } from '../../breakwater/v1/Ack.ts';
import type { Ping as _breakwater_v1_Ping, Ping__Output as _breakwater_v1_Ping__Output } from '../../breakwater/v1/Ping.ts';
import type { SendInventory as _breakwater_v1_SendInventory, SendInventory__Output as _breakwater_v1_SendInventory__Output } from '../../breakwater/v1/SendInventory.ts';
import type { DescribeUpdates as _breakwater_v1_DescribeUpdates, DescribeUpdates__Output as _breakwater_v1_DescribeUpdates__Output } from '../../breakwater/v1/DescribeUpdates.ts';
import type { Command as _breakwater_v1_Command, Command__Output as _breakwater_v1_Command__Output } from '../../breakwater/v1/Command.ts';
import type { Settings as _breakwater_v1_Settings, Settings__Output as _breakwater_v1_Settings__Output } from '../../breakwater/v1/Settings.ts';
import type { Disconnect as _breakwater_v1_Disconnect, Disconnect__Output as _breakwater_v1_Disconnect__Output } from '../../breakwater/v1/Disconnect.ts';
import type { HaltOrder as _breakwater_v1_HaltOrder, HaltOrder__Output as _breakwater_v1_HaltOrder__Output } from '../../breakwater/v1/HaltOrder.ts';

export interface ControllerMessage {
  'welcome'?: (_breakwater_v1_Welcome | null);
  'ack'?: (_breakwater_v1_Ack | null);
  'ping'?: (_breakwater_v1_Ping | null);
  /**
   * The controller lacks what the last digest stands for: send the full snapshot.
   */
  'sendInventory'?: (_breakwater_v1_SendInventory | null);
  'describeUpdates'?: (_breakwater_v1_DescribeUpdates | null);
  'command'?: (_breakwater_v1_Command | null);
  'settings'?: (_breakwater_v1_Settings | null);
  'disconnect'?: (_breakwater_v1_Disconnect | null);
  'haltOrder'?: (_breakwater_v1_HaltOrder | null);
  'body'?: "welcome"|"ack"|"ping"|"sendInventory"|"describeUpdates"|"command"|"settings"|"disconnect"|"haltOrder";
}

export interface ControllerMessage__Output {
  'welcome'?: (_breakwater_v1_Welcome__Output | null);
  'ack'?: (_breakwater_v1_Ack__Output | null);
  'ping'?: (_breakwater_v1_Ping__Output | null);
  /**
   * The controller lacks what the last digest stands for: send the full snapshot.
   */
  'sendInventory'?: (_breakwater_v1_SendInventory__Output | null);
  'describeUpdates'?: (_breakwater_v1_DescribeUpdates__Output | null);
  'command'?: (_breakwater_v1_Command__Output | null);
  'settings'?: (_breakwater_v1_Settings__Output | null);
  'disconnect'?: (_breakwater_v1_Disconnect__Output | null);
  'haltOrder'?: (_breakwater_v1_HaltOrder__Output | null);
  'body'?: "welcome"|"ack"|"ping"|"sendInventory"|"describeUpdates"|"command"|"settings"|"disconnect"|"haltOrder";
}
