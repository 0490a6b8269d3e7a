import * as z from "zod";

/** One logical volume, as `lvs` reports it (lvmreport(7)). */
export interface LogicalVolume {
  readonly group: string;
  readonly name: string;
  /** Device number as in mountinfo; "" while it is not active. */
  readonly device: string;
  /** Name of the pool that a thin volume lies in; "" for all others. */
  readonly thinPool: string;
  readonly tags: readonly string[];
  /** ISO instant of its making; "" where that is not told. */
  readonly madeAt: string;
  /** Percent in use, of what has such a figure. */
  readonly dataPercent: number | undefined;
  readonly metadataPercent: number | undefined;
}

/** Times in seconds, whatever the machine's lvm.conf wants people to see. */
export const LVS: readonly [string, ...string[]] = [
  ...(["lvs", "--all", "--reportformat", "json", "--config", 'report/time_format="%s"', "--options"] as const),
  "vg_name,lv_name,lv_kernel_major,lv_kernel_minor,lv_layout,pool_lv,lv_tags,lv_time,data_percent,metadata_percent",
];

const rowSchema = z.object({
  ...{ vg_name: z.string(), lv_name: z.string(), lv_kernel_major: z.string(), lv_kernel_minor: z.string(), lv_layout: z.string() },
  ...{ pool_lv: z.string(), lv_tags: z.string(), lv_time: z.string(), data_percent: z.string(), metadata_percent: z.string() },
});
const reportSchema = z.object({ report: z.array(z.object({ lv: z.array(rowSchema) })) });

const words = (text: string): string[] => text.split(",").filter((word) => word !== "");
const percent = (text: string): number | undefined => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);

/** @throws when it is not what `LVS` prints: "" is no report of a machine without volumes */
export function parseLvs(json: string): LogicalVolume[] {
  return reportSchema.parse(JSON.parse(json)).report.flatMap(({ lv }) =>
    lv.map((row) => ({
      group: row.vg_name,
      // Those that LVM keeps for itself stand in brackets.
      name: row.lv_name.replace(/^\[(.*)\]$/, "$1"),
      device: Number(row.lv_kernel_major) >= 0 ? `${row.lv_kernel_major}:${row.lv_kernel_minor}` : "",
      thinPool: words(row.lv_layout).includes("thin") ? row.pool_lv.replace(/^\[(.*)\]$/, "$1") : "",
      tags: words(row.lv_tags),
      madeAt: /^\d+$/.test(row.lv_time) ? new Date(Number(row.lv_time) * 1_000).toISOString() : "",
      dataPercent: percent(row.data_percent),
      metadataPercent: percent(row.metadata_percent),
    })),
  );
}
