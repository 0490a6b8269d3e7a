import { intervalSchema, isZone, windowSchema } from "@breakwater/shared/window";
import * as z from "zod";

const pattern = z.string().min(1).max(200);
/** Of a service's name, as a shell reads it too: letters, digits and what systemd.unit(5) allows beside them, and `*`. */
const servicePattern = z.string().regex(/^[A-Za-z0-9@_.:*-]{1,200}$/, "not a service's name");

/** A day of patching, going back and trying again, with room to spare; a flood of commands is cut off within minutes. */
const RATE_FUSE = { perHour: 12, perDay: 48 };

/** The file that the machine's owner writes. Every field has the cautious default. */
export const policyFileSchema = z
  .strictObject({
    /** `observe` looks only, `rehearse` also tries patches on a throw-away copy, `patch` also changes the machine. */
    mode: z.enum(["observe", "rehearse", "patch"]).default("observe"),
    packages: z
      .strictObject({ allow: z.array(pattern).max(500).default(["*"]), deny: z.array(pattern).max(500).default([]) })
      .default({ allow: ["*"], deny: [] }),
    /** Patterns over `Origin:Label:Suite` of the Release file, e.g. `Debian:Debian-Security:*`. */
    origins: z.strictObject({ allow: z.array(pattern).max(100).default(["*"]) }).default({ allow: ["*"] }),
    /** When the machine may be changed. None listed: at any time. */
    windows: z.array(windowSchema).max(50).default([]),
    blackouts: z.array(intervalSchema).max(200).default([]),
    /** IANA zone in which the windows are read; the machine's own when absent. */
    timezone: z.string().refine(isZone, "not an IANA time zone").optional(),
    /** How many different pinned keys must have signed a plan; different persons where `approvers` names them. */
    requiredApprovals: z.number().int().min(1).max(20).default(1),
    /** Persons with the ids of their keys. Where some are named, each counts once, and keys of nobody count for nothing. */
    approvers: z
      .record(
        z.string().min(1).max(100),
        z
          .array(z.string().regex(/^[0-9a-f]{16}$/, "not a key id"))
          .min(1)
          .max(20),
      )
      .default({}),
    /** Approvals count for this long. They must then say when they were given under their signature (passkeys do, and `--valid-for`). */
    approvalsValidForHours: z.number().int().min(1).max(8_760).optional(),
    /** How many changes the machine begins at most, and as many ways back, by running time and whatever is approved. */
    rateFuse: z
      .strictObject({
        perHour: z.number().int().min(1).max(1_000).default(RATE_FUSE.perHour),
        perDay: z.number().int().min(1).max(10_000).default(RATE_FUSE.perDay),
      })
      .default(RATE_FUSE),
    /** How often approved plans may reboot the machine within 24 hours. 0: never. The way back from a bad one counts too. */
    reboots: z.number().int().min(0).max(24).optional(),
    /** The elder word: true is one a day. `reboots` wins over it. */
    allowReboot: z.boolean().default(false),
    /** Services that no plan may restart. They are told as still in need of it. */
    restarts: z.strictObject({ exclude: z.array(pattern).max(500).default([]) }).default({ exclude: [] }),
    /** Services that no package's script may start while a change runs. They are started after it, in this order. */
    deferStarts: z
      .strictObject({
        services: z.array(servicePattern).max(100).default([]),
        /** Whether hooks/drain.d run before each change while one of them is up, and hooks/undrain.d once all is well. */
        drain: z.boolean().default(false),
      })
      .default({ services: [], drain: false }),
    /** How many packages of one plan may go to an older version. Restoring what the own journal kept is no downgrade. */
    maxDowngrades: z.number().int().min(0).max(2_000).default(0),
    /** How many packages one plan may install that are not there yet, as a kernel's meta package brings the kernel. 0: none. */
    maxNewPackages: z.number().int().min(0).max(2_000).default(2_000),
    maxPackages: z.number().int().min(1).max(2_000).default(2_000),
    /** Whether the agent may fetch the package lists (`apt-get update`) when they are old. */
    refreshPackageLists: z.boolean().default(true),
    /** Whether the agent tells of the machines that this one's kernel knows as neighbours. Nothing is ever sent to find some. */
    neighbours: z.boolean().default(false),
  })
  .superRefine((policy, context) => {
    const say = (message: string) => context.addIssue({ code: "custom", path: ["approvers"], message });
    const named = Object.keys(policy.approvers).length;
    const keyIds = Object.values(policy.approvers).flat();
    if (new Set(keyIds).size < keyIds.length) say("one key belongs to two persons");
    if (named > 0 && named < policy.requiredApprovals) say(`${policy.requiredApprovals} approvals are required of ${named} persons`);
  });

/** What this machine's owner allows, whatever the controller says. */
export type Policy = Readonly<Omit<z.infer<typeof policyFileSchema>, "timezone" | "reboots" | "allowReboot">> & {
  readonly timezone: string;
  readonly reboots: number;
};

/** The file's words with everything filled in that it leaves out. */
export const policyOf = (file: z.infer<typeof policyFileSchema>, timezone: string): Policy => {
  const { allowReboot, ...rest } = file;
  return { ...rest, timezone: file.timezone ?? timezone, reboots: file.reboots ?? (allowReboot ? 1 : 0) };
};

/** Looks only. What holds while no policy can be read. */
export const observePolicy = (timezone: string): Policy => policyOf(policyFileSchema.parse({}), timezone);
