/** A language package as some file tells of it. */
export interface FoundComponent {
  /** "npm", "pypi", "maven", "gem", "go", "snap", "flatpak" */
  readonly ecosystem: string;
  readonly name: string;
  /** "" when nothing tells it. */
  readonly version: string;
  /** Absolute; what lies in an archive follows {@link IN_ARCHIVE}. */
  readonly path: string;
  readonly evidence: string;
  /** Hex SHA-1 of an archive; "" of what is none. */
  readonly sha1: string;
}

/** Between an archive's path and the name of what lies in it, as Java's URLs have it. */
export const IN_ARCHIVE = "!/";

/** Where nobody looked, and why: nothing found there is not nothing there. */
export interface NotLooked {
  readonly path: string;
  readonly code: "limit" | "unreadable" | "file-system" | "excluded" | "refused";
  readonly reason: string;
}

/** What one file told. */
export interface Reading {
  readonly components: readonly FoundComponent[];
  readonly refused: readonly Pick<NotLooked, "path" | "reason">[];
}

/** Bytes that can be read from any place, of a file or of what lies in one. */
export interface ByteSource {
  readonly size: number;
  /** @throws Error when they are not all there */
  read(offset: number, length: number): Buffer;
}

/** Finds one kind of package. Adding a kind is a file in readers/ and a line in its index. */
export interface Reader {
  readonly id: string;
  /** Whether a file is worth reading, by its name alone. */
  wants(directory: string, name: string): boolean;
  /** Where the name says too little: the mode and size must speak for it as well. */
  readonly onlyPrograms?: boolean;
  /** @throws Error with a plain reason when the file is not what it should be */
  read(path: string, source: ByteSource): Promise<Reading>;
}

/** What one file can make us hold in memory at most, whatever it claims. */
export const MAX_TEXT_BYTES = 1024 * 1024;
