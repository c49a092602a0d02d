import { dueRotation, type HeldMaterial, type WantedMaterial } from "../../provider/model/due-rotation";

const wanted = (more: Partial<WantedMaterial> = {}): WantedMaterial => ({
  identity: "source a",
  sourceVersion: 1,
  follow: true,
  ...more,
});
const held = (more: Partial<HeldMaterial> = {}): HeldMaterial => ({
  identity: "source a",
  version: 1,
  offset: 0,
  trigger: undefined,
  ...more,
});

describe("the version that a key is to have", () => {
  it.each<[string, WantedMaterial, HeldMaterial | undefined, [number, number, string]]>([
    ["a new copy has its source's", wanted({ sourceVersion: 7 }), undefined, [7, 0, "first"]],
    [
      "a new key of other material begins with 1",
      wanted({ identity: "native", sourceVersion: undefined }),
      undefined,
      [1, 0, "first"],
    ],
    ["nothing changed", wanted(), held(), [1, 0, "none"]],
    ["its source was rotated", wanted({ sourceVersion: 3 }), held(), [3, 0, "source"]],
    [
      "its source was rotated, and it does not follow",
      wanted({ sourceVersion: 3, follow: false }),
      held(),
      [1, 0, "none"],
    ],
    ["its source is of an older state", wanted({ sourceVersion: 1 }), held({ version: 3 }), [3, 0, "none"]],
    ["another source that begins with 1", wanted({ identity: "source b" }), held({ version: 3 }), [4, 3, "material"]],
    [
      "another source that is ahead",
      wanted({ identity: "source b", sourceVersion: 9 }),
      held({ version: 3 }),
      [9, 0, "material"],
    ],
    [
      "another source that does not follow",
      wanted({ identity: "source b", follow: false }),
      held(),
      [2, 1, "material"],
    ],
    [
      "that source is rotated in its turn",
      wanted({ identity: "source b", sourceVersion: 2 }),
      held({ identity: "source b", version: 4, offset: 3 }),
      [5, 3, "source"],
    ],
    ["from AWS to a source", wanted(), held({ identity: "native", version: 2 }), [3, 2, "material"]],
    [
      "from a source to AWS",
      wanted({ identity: "native", sourceVersion: undefined }),
      held({ version: 4, offset: 3 }),
      [5, 0, "material"],
    ],
    [
      "another value of the trigger",
      wanted({ identity: "native", sourceVersion: undefined, trigger: "b" }),
      held({ identity: "native", trigger: "a" }),
      [2, 0, "trigger"],
    ],
    [
      "the trigger was removed",
      wanted({ identity: "native", sourceVersion: undefined }),
      held({ identity: "native", trigger: "a" }),
      [1, 0, "none"],
    ],
    [
      "a moment of its schedule has passed",
      wanted({ identity: "native", sourceVersion: undefined, isOverdue: true }),
      held({ identity: "native", version: 4 }),
      [5, 0, "schedule"],
    ],
    [
      "trigger and schedule are one rotation",
      wanted({ identity: "native", sourceVersion: undefined, isOverdue: true, trigger: "b", groupTrigger: "b" }),
      held({ identity: "native", trigger: "a", groupTrigger: "a" }),
      [2, 0, "trigger"],
    ],
    ["a copy has no schedule of its own", wanted({ isOverdue: true }), held(), [1, 0, "none"]],
    [
      "both material and trigger are one rotation",
      wanted({ identity: "file b", sourceVersion: undefined, trigger: "b" }),
      held({ identity: "file a", trigger: "a" }),
      [2, 0, "material"],
    ],
  ])("%s", (_name, now, before, [version, offset, reason]) => {
    expect(dueRotation(now, before)).toEqual({ version, offset, reason });
  });
});

describe("a trigger of the group", () => {
  const copy = { identity: "source a", sourceVersion: 2, follow: true };
  const held = { identity: "source a", version: 2, offset: 0, groupTrigger: "may" };

  it("gives a copy the same version of its source under the next number, and counts on from there", () => {
    const once = dueRotation({ ...copy, groupTrigger: "june" }, held);
    expect(once).toEqual({ version: 3, offset: 1, reason: "group" });
    const now = { ...held, version: 3, offset: 1, groupTrigger: "june" };
    expect(dueRotation({ ...copy, groupTrigger: "june" }, now)).toEqual({ version: 3, offset: 1, reason: "none" });
    expect(dueRotation({ ...copy, sourceVersion: 3, groupTrigger: "june" }, now)).toEqual({
      version: 4,
      offset: 1,
      reason: "source",
    });
  });

  it("is done with by a rotation of the source in the same run", () => {
    expect(dueRotation({ ...copy, sourceVersion: 3, groupTrigger: "june" }, held)).toEqual({
      version: 3,
      offset: 0,
      reason: "source",
    });
  });

  it("asks for nothing without a value", () => {
    expect(dueRotation(copy, held).reason).toBe("none");
  });
});
