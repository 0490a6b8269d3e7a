// Original file: proto/breakwater/v1/inventory.proto

import type { ContainerImage as _breakwater_v1_ContainerImage, ContainerImage__Output as _breakwater_v1_ContainerImage__Output } from '../../breakwater/v1/ContainerImage.ts';

export interface ContainerRuntime {
  /**
   * "docker", "podman", "containerd"
   */
  'name'?: (string);
  'images'?: (_breakwater_v1_ContainerImage)[];
  /**
   * What was read: "socket", "files"; empty when nothing could be.
   */
  'source'?: (string);
  /**
   * Why it could not be read, in whole or in part; then the lists are unknown beyond what they hold.
   */
  'problem'?: (string);
}

export interface ContainerRuntime__Output {
  /**
   * "docker", "podman", "containerd"
   */
  'name': (string);
  'images': (_breakwater_v1_ContainerImage__Output)[];
  /**
   * What was read: "socket", "files"; empty when nothing could be.
   */
  'source': (string);
  /**
   * Why it could not be read, in whole or in part; then the lists are unknown beyond what they hold.
   */
  'problem': (string);
}
