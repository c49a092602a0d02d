import { replicaSettings } from "../../inputs/replica-inputs";
import type { PlainRecord } from "../../contract";
import { isRecord } from "../../is-record";
import { pickDefined } from "../../pick-defined";
import { fromTemplate } from "../from-template";

/** Each replica takes from the template of its own group what it does not say itself, as its primary does from its group's. */
export function replicasFromTemplates(name: string, news: PlainRecord): PlainRecord {
  const { replicas, material, adopt } = news;
  // An adopted key takes nothing from a template, in no Region.
  if (!Array.isArray(replicas) || adopt !== undefined) return news;
  return {
    ...news,
    replicas: replicas.map((replica: unknown) => (isRecord(replica) ? filled(name, replica, material) : replica)),
  };
}

/** Of a template only what a replica does not share with its primary. */
function filled(name: string, replica: PlainRecord, material: unknown): PlainRecord {
  const { group } = replica;
  const template = isRecord(group) ? group["template"] : undefined;
  if (!isRecord(group) || !isRecord(template)) return replica;
  const own = { ...group, template: pickDefined(template, replicaSettings) };
  const { material: _, ...all } = fromTemplate(name, { ...replica, group: own, material });
  return { ...all, group };
}
