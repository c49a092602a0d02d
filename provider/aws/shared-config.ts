import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Settings by key; those nested below a key are `key.nested`. */
export type ConfigSection = ReadonlyMap<string, string>;

/**
 * The sections of AWS's shared configuration and credentials files by their full names (`default`, `profile NAME`,
 * `services NAME`). Only looked at, to tell the user what of it does not count; the SDK reads the files for itself.
 */
export function sharedConfig(env: NodeJS.ProcessEnv): ReadonlyMap<string, ConfigSection> {
  const folder = join(env["HOME"] ?? env["USERPROFILE"] ?? homedir(), ".aws");
  const sections = parseSections(textOf(env["AWS_CONFIG_FILE"] ?? join(folder, "config")));
  const credentials = parseSections(textOf(env["AWS_SHARED_CREDENTIALS_FILE"] ?? join(folder, "credentials")));
  for (const [name, section] of credentials) {
    const full = name === "default" ? name : `profile ${name}`;
    sections.set(full, new Map([...(sections.get(full) ?? []), ...section]));
  }
  return sections;
}

/** The section of a profile. */
export const profileSection = (sections: ReadonlyMap<string, ConfigSection>, profile: string): ConfigSection =>
  sections.get(`profile ${profile}`) ?? (profile === "default" ? sections.get("default") : undefined) ?? new Map();

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function parseSections(text: string): Map<string, ConfigSection> {
  const sections = new Map<string, ConfigSection>();
  let section: Map<string, string> | undefined;
  let parent = "";
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) {
      section = new Map(sections.get(sectionName(header)) ?? []);
      sections.set(sectionName(header), section);
      continue;
    }
    const [, indent = "", key = "", value = ""] = /^(\s*)([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === undefined || key === "") continue;
    if (indent === "") parent = key;
    section.set(indent === "" ? key : `${parent}.${key}`, value);
  }
  return sections;
}

const sectionName = (header: string): string => header.replace(/\s+/g, " ").replace(/(["'])(.*)\1$/, "$2");
