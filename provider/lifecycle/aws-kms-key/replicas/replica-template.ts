import { replicaSettings } from "../../inputs/replica-inputs";
import type { PlainRecord } from "../../contract";
import { isRecord } from "../../is-record";
import { pickDefined } from "../../pick-defined";
import { fromTemplate } from "../from-template";
import { recordedReplicas } from "./recorded-replicas";

/**
 * Each replica takes from the template of its own group what it does not say itself, as its primary does from its group's. A replica that was adopted takes
 * nothing; one that was added to an adopted key later is made by this resource, and does.
 *
 * @param olds - checked inputs of the last run
 */
export function replicasFromTemplates(name: string, news: PlainRecord, olds: PlainRecord): PlainRecord {
  const { replicas, material, adopt } = news;
  const isKeyAdopted = olds["adopted"] === true;
  if (!Array.isArray(replicas) || (adopt !== undefined && !isKeyAdopted)) return news;
  const adopted: readonly unknown[] = recordedReplicas(olds).flatMap(({ region, record }) =>
    isKeyAdopted && record["adopted"] === true ? [region] : [],
  );
  return {
    ...news,
    replicas: replicas.map((replica: unknown) =>
      isRecord(replica) && !adopted.includes(regionIn(replica["group"])) ? filled(name, replica, material) : replica,
    ),
  };
}

const regionIn = (group: unknown): unknown => (isRecord(group) ? group["region"] : undefined);

/** Of a template only what a replica does not share with its primary. */
function filled(name: string, replica: PlainRecord, material: unknown): PlainRecord {
  const { group } = replica;
  const template = isRecord(group) ? group["template"] : undefined;
  if (!isRecord(group) || !isRecord(template)) return replica;
  const own = { ...group, template: pickDefined(template, replicaSettings) };
  const { material: _, ...all } = fromTemplate(name, { ...replica, group: own, material });
  return { ...all, group };
}
