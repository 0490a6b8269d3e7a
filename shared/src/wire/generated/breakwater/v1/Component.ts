// Original file: proto/breakwater/v1/inventory.proto

import type { ComponentUse as _breakwater_v1_ComponentUse, ComponentUse__Output as _breakwater_v1_ComponentUse__Output } from '../../breakwater/v1/ComponentUse.ts';

/**
 * A package of a programming language that was found in files. It is told of, never patched.
 */
export interface Component {
  /**
   * "npm", "pypi", "maven", "gem", "go"
   */
  'ecosystem'?: (string);
  /**
   * As its registry writes it; of Maven "group:artifact", or the artifact alone where nothing tells the group.
   */
  'name'?: (string);
  /**
   * Empty when nothing tells it: then it can be compared with nothing.
   */
  'version'?: (string);
  /**
   * Absolute. What lies in an archive follows "!/".
   */
  'path'?: (string);
  /**
   * What told name and version: "pom.properties", "repository", "manifest", "file-name", "package.json", "metadata", "gemspec", "build-info".
   */
  'evidence'?: (string);
  /**
   * Hex SHA-1 of an archive, the name by which Maven repositories find a file; empty for what is no archive.
   */
  'sha1'?: (string);
  /**
   * The operating system's package that the file came with, whose flaw it then is; empty when none.
   */
  'owner'?: (string);
  'uses'?: (_breakwater_v1_ComponentUse)[];
  /**
   * Widest reach of the processes that use it: "none" (no listener), "loopback", "private", "public"; empty when none was seen to.
   */
  'reach'?: (string);
}

/**
 * A package of a programming language that was found in files. It is told of, never patched.
 */
export interface Component__Output {
  /**
   * "npm", "pypi", "maven", "gem", "go"
   */
  'ecosystem': (string);
  /**
   * As its registry writes it; of Maven "group:artifact", or the artifact alone where nothing tells the group.
   */
  'name': (string);
  /**
   * Empty when nothing tells it: then it can be compared with nothing.
   */
  'version': (string);
  /**
   * Absolute. What lies in an archive follows "!/".
   */
  'path': (string);
  /**
   * What told name and version: "pom.properties", "repository", "manifest", "file-name", "package.json", "metadata", "gemspec", "build-info".
   */
  'evidence': (string);
  /**
   * Hex SHA-1 of an archive, the name by which Maven repositories find a file; empty for what is no archive.
   */
  'sha1': (string);
  /**
   * The operating system's package that the file came with, whose flaw it then is; empty when none.
   */
  'owner': (string);
  'uses': (_breakwater_v1_ComponentUse__Output)[];
  /**
   * Widest reach of the processes that use it: "none" (no listener), "loopback", "private", "public"; empty when none was seen to.
   */
  'reach': (string);
}
