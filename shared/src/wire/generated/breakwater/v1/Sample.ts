// Original file: proto/breakwater/v1/telemetry.proto


export interface Sample {
  /**
   * The names are in shared/src/health: "cpu_percent", "memory_used_percent", "check_up", "check_latency_ms", ...
   */
  'metric'?: (string);
  /**
   * What it is about where there are several: a mount point, an interface, a unit, a check. Empty otherwise.
   */
  'subject'?: (string);
  'value'?: (number | string);
  /**
   * How many decimals the value was rounded to, where Settings.health_steps allows it: what the steps of a HealthDelta are.
   */
  'decimals'?: (number);
}

export interface Sample__Output {
  /**
   * The names are in shared/src/health: "cpu_percent", "memory_used_percent", "check_up", "check_latency_ms", ...
   */
  'metric': (string);
  /**
   * What it is about where there are several: a mount point, an interface, a unit, a check. Empty otherwise.
   */
  'subject': (string);
  'value': (number);
  /**
   * How many decimals the value was rounded to, where Settings.health_steps allows it: what the steps of a HealthDelta are.
   */
  'decimals': (number);
}
