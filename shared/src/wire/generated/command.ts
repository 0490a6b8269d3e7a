import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Apply as _breakwater_v1_Apply, Apply__Output as _breakwater_v1_Apply__Output } from './breakwater/v1/Apply.ts';
import type { Approval as _breakwater_v1_Approval, Approval__Output as _breakwater_v1_Approval__Output } from './breakwater/v1/Approval.ts';
import type { BrakesReport as _breakwater_v1_BrakesReport, BrakesReport__Output as _breakwater_v1_BrakesReport__Output } from './breakwater/v1/BrakesReport.ts';
import type { Cancel as _breakwater_v1_Cancel, Cancel__Output as _breakwater_v1_Cancel__Output } from './breakwater/v1/Cancel.ts';
import type { Check as _breakwater_v1_Check, Check__Output as _breakwater_v1_Check__Output } from './breakwater/v1/Check.ts';
import type { CheckResult as _breakwater_v1_CheckResult, CheckResult__Output as _breakwater_v1_CheckResult__Output } from './breakwater/v1/CheckResult.ts';
import type { Command as _breakwater_v1_Command, Command__Output as _breakwater_v1_Command__Output } from './breakwater/v1/Command.ts';
import type { CommandRefused as _breakwater_v1_CommandRefused, CommandRefused__Output as _breakwater_v1_CommandRefused__Output } from './breakwater/v1/CommandRefused.ts';
import type { ExecutionReport as _breakwater_v1_ExecutionReport, ExecutionReport__Output as _breakwater_v1_ExecutionReport__Output } from './breakwater/v1/ExecutionReport.ts';
import type { HaltOrder as _breakwater_v1_HaltOrder, HaltOrder__Output as _breakwater_v1_HaltOrder__Output } from './breakwater/v1/HaltOrder.ts';
import type { HostProof as _breakwater_v1_HostProof, HostProof__Output as _breakwater_v1_HostProof__Output } from './breakwater/v1/HostProof.ts';
import type { HttpCheck as _breakwater_v1_HttpCheck, HttpCheck__Output as _breakwater_v1_HttpCheck__Output } from './breakwater/v1/HttpCheck.ts';
import type { MerkleStep as _breakwater_v1_MerkleStep, MerkleStep__Output as _breakwater_v1_MerkleStep__Output } from './breakwater/v1/MerkleStep.ts';
import type { OutputChunk as _breakwater_v1_OutputChunk, OutputChunk__Output as _breakwater_v1_OutputChunk__Output } from './breakwater/v1/OutputChunk.ts';
import type { PackageState as _breakwater_v1_PackageState, PackageState__Output as _breakwater_v1_PackageState__Output } from './breakwater/v1/PackageState.ts';
import type { ProcessCheck as _breakwater_v1_ProcessCheck, ProcessCheck__Output as _breakwater_v1_ProcessCheck__Output } from './breakwater/v1/ProcessCheck.ts';
import type { RateFuse as _breakwater_v1_RateFuse, RateFuse__Output as _breakwater_v1_RateFuse__Output } from './breakwater/v1/RateFuse.ts';
import type { RefusedOrder as _breakwater_v1_RefusedOrder, RefusedOrder__Output as _breakwater_v1_RefusedOrder__Output } from './breakwater/v1/RefusedOrder.ts';
import type { RehearsalCost as _breakwater_v1_RehearsalCost, RehearsalCost__Output as _breakwater_v1_RehearsalCost__Output } from './breakwater/v1/RehearsalCost.ts';
import type { RehearsalReport as _breakwater_v1_RehearsalReport, RehearsalReport__Output as _breakwater_v1_RehearsalReport__Output } from './breakwater/v1/RehearsalReport.ts';
import type { RehearsalStep as _breakwater_v1_RehearsalStep, RehearsalStep__Output as _breakwater_v1_RehearsalStep__Output } from './breakwater/v1/RehearsalStep.ts';
import type { Rehearse as _breakwater_v1_Rehearse, Rehearse__Output as _breakwater_v1_Rehearse__Output } from './breakwater/v1/Rehearse.ts';
import type { RehearsedCheck as _breakwater_v1_RehearsedCheck, RehearsedCheck__Output as _breakwater_v1_RehearsedCheck__Output } from './breakwater/v1/RehearsedCheck.ts';
import type { RehearsedPackage as _breakwater_v1_RehearsedPackage, RehearsedPackage__Output as _breakwater_v1_RehearsedPackage__Output } from './breakwater/v1/RehearsedPackage.ts';
import type { Rollback as _breakwater_v1_Rollback, Rollback__Output as _breakwater_v1_Rollback__Output } from './breakwater/v1/Rollback.ts';
import type { StandingHalt as _breakwater_v1_StandingHalt, StandingHalt__Output as _breakwater_v1_StandingHalt__Output } from './breakwater/v1/StandingHalt.ts';
import type { TcpCheck as _breakwater_v1_TcpCheck, TcpCheck__Output as _breakwater_v1_TcpCheck__Output } from './breakwater/v1/TcpCheck.ts';
import type { UnitCheck as _breakwater_v1_UnitCheck, UnitCheck__Output as _breakwater_v1_UnitCheck__Output } from './breakwater/v1/UnitCheck.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  breakwater: {
    v1: {
      Apply: MessageTypeDefinition<_breakwater_v1_Apply, _breakwater_v1_Apply__Output>
      Approval: MessageTypeDefinition<_breakwater_v1_Approval, _breakwater_v1_Approval__Output>
      BrakesReport: MessageTypeDefinition<_breakwater_v1_BrakesReport, _breakwater_v1_BrakesReport__Output>
      Cancel: MessageTypeDefinition<_breakwater_v1_Cancel, _breakwater_v1_Cancel__Output>
      Check: MessageTypeDefinition<_breakwater_v1_Check, _breakwater_v1_Check__Output>
      CheckResult: MessageTypeDefinition<_breakwater_v1_CheckResult, _breakwater_v1_CheckResult__Output>
      Command: MessageTypeDefinition<_breakwater_v1_Command, _breakwater_v1_Command__Output>
      CommandRefused: MessageTypeDefinition<_breakwater_v1_CommandRefused, _breakwater_v1_CommandRefused__Output>
      ExecutionReport: MessageTypeDefinition<_breakwater_v1_ExecutionReport, _breakwater_v1_ExecutionReport__Output>
      HaltOrder: MessageTypeDefinition<_breakwater_v1_HaltOrder, _breakwater_v1_HaltOrder__Output>
      HostProof: MessageTypeDefinition<_breakwater_v1_HostProof, _breakwater_v1_HostProof__Output>
      HttpCheck: MessageTypeDefinition<_breakwater_v1_HttpCheck, _breakwater_v1_HttpCheck__Output>
      MerkleStep: MessageTypeDefinition<_breakwater_v1_MerkleStep, _breakwater_v1_MerkleStep__Output>
      OutputChunk: MessageTypeDefinition<_breakwater_v1_OutputChunk, _breakwater_v1_OutputChunk__Output>
      PackageState: MessageTypeDefinition<_breakwater_v1_PackageState, _breakwater_v1_PackageState__Output>
      ProcessCheck: MessageTypeDefinition<_breakwater_v1_ProcessCheck, _breakwater_v1_ProcessCheck__Output>
      RateFuse: MessageTypeDefinition<_breakwater_v1_RateFuse, _breakwater_v1_RateFuse__Output>
      RefusedOrder: MessageTypeDefinition<_breakwater_v1_RefusedOrder, _breakwater_v1_RefusedOrder__Output>
      RehearsalCost: MessageTypeDefinition<_breakwater_v1_RehearsalCost, _breakwater_v1_RehearsalCost__Output>
      RehearsalReport: MessageTypeDefinition<_breakwater_v1_RehearsalReport, _breakwater_v1_RehearsalReport__Output>
      RehearsalStep: MessageTypeDefinition<_breakwater_v1_RehearsalStep, _breakwater_v1_RehearsalStep__Output>
      Rehearse: MessageTypeDefinition<_breakwater_v1_Rehearse, _breakwater_v1_Rehearse__Output>
      RehearsedCheck: MessageTypeDefinition<_breakwater_v1_RehearsedCheck, _breakwater_v1_RehearsedCheck__Output>
      RehearsedPackage: MessageTypeDefinition<_breakwater_v1_RehearsedPackage, _breakwater_v1_RehearsedPackage__Output>
      Rollback: MessageTypeDefinition<_breakwater_v1_Rollback, _breakwater_v1_Rollback__Output>
      StandingHalt: MessageTypeDefinition<_breakwater_v1_StandingHalt, _breakwater_v1_StandingHalt__Output>
      TcpCheck: MessageTypeDefinition<_breakwater_v1_TcpCheck, _breakwater_v1_TcpCheck__Output>
      UnitCheck: MessageTypeDefinition<_breakwater_v1_UnitCheck, _breakwater_v1_UnitCheck__Output>
    }
  }
}

