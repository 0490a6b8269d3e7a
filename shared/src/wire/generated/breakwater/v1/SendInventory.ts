// Original file: proto/breakwater/v1/session.proto


export interface SendInventory {
}

export interface SendInventory__Output {
}
