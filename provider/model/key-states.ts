/** True of the KeyStates in which AWS is going to delete the key; a multi-Region primary first waits for its replicas. */
export const isLeaving = (state: string): boolean => state === "PendingDeletion" || state === "PendingReplicaDeletion";
