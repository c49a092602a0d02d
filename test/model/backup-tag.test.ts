import { backupsSentence, notedBackups, withBackup, withoutBackup } from "../../provider/model/backup-tag";

const noted = (where: string, versions = 1): { day: string; versions: number; where: string } => ({
  day: "2026-06-01",
  versions,
  where,
});

describe("the tag that tells of backups", () => {
  it("tells each place once, the latest last", () => {
    const one = withBackup(undefined, noted("./a | b"));
    const both = withBackup(withBackup(one, noted("output blob of AzureKeyBackup x")), noted("./a | b", 2));
    expect(notedBackups(both)).toEqual([noted("output blob of AzureKeyBackup x"), noted("./a / b", 2)]);
    expect(notedBackups(withoutBackup(both, "./a | b"))).toEqual([noted("output blob of AzureKeyBackup x")]);
    expect(withoutBackup(one, "./a | b")).toBeUndefined();
  });

  it("never grows beyond what a tag can hold, and keeps the latest", () => {
    let value: string | undefined;
    for (let index = 0; index < 30; index += 1)
      value = withBackup(value, noted(`./${"x".repeat(index * 20)}/${String(index)}`));
    expect(value?.length).toBeLessThanOrEqual(256);
    expect(value).toContain("/29");
  });

  it("is told to whoever purges, with what cannot be read as it stands", () => {
    expect(backupsSentence([])).toContain("No backup of it is known");
    expect(backupsSentence(notedBackups("2026-06-01 2 ./a"))).toContain("./a (2 versions, 2026-06-01)");
    expect(backupsSentence(notedBackups("by hand"))).toContain("by hand");
  });
});
