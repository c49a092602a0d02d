import type { CallerIdentity } from "../model/ports/kms";
import type { AwsSession } from "./aws-session";
import { OwnerIndex } from "./owner-index";
import { Pacer, type PacerTime } from "./pacer";
import { RecentWrites } from "./recent-writes";

/** What is known of one account and Region. */
export interface RegionMemory {
  readonly index: OwnerIndex;
  readonly recent: RecentWrites;
}

/** What all ports of a process share: quotas are the account's, whoever makes the calls. */
export class AwsShared {
  readonly pacer: Pacer;
  readonly sessions = new Map<string, AwsSession>();
  readonly identities = new WeakMap<AwsSession, Map<number, Promise<CallerIdentity>>>();
  private readonly regions = new Map<string, RegionMemory>();

  constructor(private readonly time?: PacerTime) {
    this.pacer = new Pacer(time);
  }

  regionMemory(place: string): RegionMemory {
    const found = this.regions.get(place);
    if (found !== undefined) return found;
    const made = { index: new OwnerIndex(this.time?.now), recent: new RecentWrites(this.time?.now) };
    this.regions.set(place, made);
    return made;
  }
}
