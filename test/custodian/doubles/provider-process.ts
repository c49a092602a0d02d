import { z } from "zod";
import { openCustodian } from "../../../provider/custodian/client";
import { fakeEntry } from "./fake-process";
import { importRequest, owner } from "./requests";
import { account, region } from "./fake-kms";

// Plays the provider in a process of its own, so that a test can watch its output and kill it. Arguments: the FAKE_SCRIPT, the PIN
// reference, and what to do.

async function play(): Promise<void> {
  const [script, pin, act] = z.tuple([z.string(), z.string(), z.enum(["list", "import"])]).parse(process.argv.slice(2));
  const custodian = openCustodian({ module: "fake", pin, environment: { FAKE_SCRIPT: script } }, { entry: fakeEntry });
  const made = await custodian.generate({ owner, version: 1, name: "orders", spec: "AES_256" });
  if (act === "import") {
    await custodian.importInto(importRequest(`arn:aws:kms:${region}:${account}:key/AES_256`, "AES_256"));
  }
  process.stdout.write(`made ${made.spec}\n`);
}

void play();
