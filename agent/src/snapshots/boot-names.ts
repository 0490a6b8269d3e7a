/** Names that belong to one volume for good, so that a copy of it never gets them: by LVM's own UUID, or by a number. */
const ONE_VOLUME = /^(\/dev\/disk\/by-id\/dm-uuid-|\/dev\/disk\/by-id\/lvm-|\/dev\/dm-\d|\d+:\d+$|[\da-f]{3,8}$)/;

const rootOf = (commandLine: string): string | undefined =>
  commandLine
    .trim()
    .split(/\s+/)
    .findLast((word) => word.startsWith("root="))
    ?.slice("root=".length);

/** Whether the root is found by its volume's name, so that without that name there is none. By UUID or label the file system itself is. */
export const bootsByName = (commandLine: string): boolean => !/^(?:UUID|LABEL|PARTUUID|PARTLABEL)=/.test(rootOf(commandLine) ?? "");

/** How the kernel's command line names the root, where only this one volume can be meant by it; undefined where a copy can be. */
export function bootsBy(commandLine: string): string | undefined {
  const root = rootOf(commandLine);
  return root !== undefined && ONE_VOLUME.test(root) ? root : undefined;
}

/** The text of an fstab(5) whose root is called `device` where it was called by a name that only one volume can have. */
export function nameRootInFstab(fstab: string, device: string): string {
  return fstab.replace(/^([^\s#]\S*)(\s+\/\s)/gm, (line, source: string, rest: string) =>
    ONE_VOLUME.test(source) ? `${device}${rest}` : line,
  );
}
