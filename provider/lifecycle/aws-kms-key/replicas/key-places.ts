import type { KmsPort } from "../../../model/ports/kms";
import type { LifecycleContext, PlainRecord } from "../../contract";
import type { KeyInputs } from "../key-inputs";
import { presentPrimary } from "./move-primary";
import { recordedReplicas } from "./recorded-replicas";
import { replicaMembers } from "./replica-member";

/** A key in one of its Regions. */
export interface KeyPlace {
  readonly context: LifecycleContext;
  readonly kms: KmsPort;
  readonly inputs: KeyInputs;
  /** What the state has of the key in this place. */
  readonly outputs: PlainRecord;
}

/** Every Region of a key, the primary's first; a single-Region key has one. */
export async function keyPlaces(
  context: LifecycleContext,
  kms: KmsPort,
  keyId: string,
  { inputs, olds }: { readonly inputs: KeyInputs; readonly olds: PlainRecord },
): Promise<readonly KeyPlace[]> {
  const main = { context, kms, inputs, outputs: olds };
  if (inputs.multiRegion !== true) return [main];
  const known = recordedReplicas(olds);
  const members = await replicaMembers(context, inputs);
  const all = [
    main,
    ...members.map((member) => ({
      ...member,
      outputs: known.find(({ region }) => region === member.region)?.record ?? {},
    })),
  ];
  const places = new Map(all.map((place) => [place.inputs.region, place.kms]));
  const primary = await presentPrimary({ keyId, places }, inputs.region);
  return [...all].sort((one, other) => Number(other.kms === primary.kms) - Number(one.kms === primary.kms));
}

/** The outputs of the key, after something was learnt of it in each Region. */
export function placesTold<P extends KeyPlace>(
  places: readonly P[],
  olds: PlainRecord,
  told: (place: P) => PlainRecord,
): PlainRecord {
  const [main] = places.filter((place) => place.outputs === olds);
  const replicas = recordedReplicas(olds).map(({ region, record }) => {
    const place = places.find(({ inputs }) => inputs.region === region);
    if (place === undefined || place === main) return record;
    const { wrapping: _, ...learnt } = told(place);
    return { ...record, ...learnt };
  });
  return {
    ...olds,
    ...(replicas.length === 0 ? {} : { replicas }),
    ...(main === undefined ? {} : told(main)),
  };
}
