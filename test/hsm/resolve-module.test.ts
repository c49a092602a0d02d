import { knownModules } from "../../provider/hsm/known-modules";
import { resolveModule } from "../../provider/hsm/resolve-module";
import { thrownBy } from "./thrown-by";

const computer = (platform: NodeJS.Platform, ...files: readonly string[]): Parameters<typeof resolveModule>[1] => ({
  platform,
  exists: (file) => files.includes(file),
});

describe("resolving a module", () => {
  it.each([
    ["softhsm2", "linux", "/usr/lib/softhsm/libsofthsm2.so"],
    ["softhsm2", "linux", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"],
    ["softhsm2", "darwin", "/opt/homebrew/lib/softhsm/libsofthsm2.so"],
    ["softhsm2", "darwin", "/usr/local/lib/softhsm/libsofthsm2.so"],
    ["softokn3", "linux", "/usr/lib/x86_64-linux-gnu/libsoftokn3.so"],
    ["nss", "linux", "/usr/lib/aarch64-linux-gnu/libsoftokn3.so"],
    ["nss", "darwin", "/opt/homebrew/opt/nss/lib/libsoftokn3.dylib"],
  ] as const)("finds %s on %s at %s", (name, platform, file) => {
    expect(resolveModule(name, computer(platform, file))).toBe(file);
  });

  it("takes a path as it is", () => {
    expect(resolveModule("/opt/vendor/p11.so", computer("linux", "/opt/vendor/p11.so"))).toBe("/opt/vendor/p11.so");
  });

  it("names every path that it tried and the package to install", () => {
    const failure = thrownBy(() => resolveModule("softhsm2", computer("linux")));
    expect(failure).toMatchObject({ code: "BYOK_TOKEN_MODULE_NOT_FOUND", property: "token.module" });
    expect(failure.message).toContain(knownModules.softhsm2?.paths.linux?.join(", "));
    expect(failure.hint).toContain("apt-get install softhsm2");
  });

  it.each(["softhsm3", "toString", "__proto__", "libfoo.so"])(
    "shows the known names for the unknown name %s",
    (name) => {
      const failure = thrownBy(() => resolveModule(name, computer("linux")));
      expect(failure.code).toBe("BYOK_TOKEN_MODULE_NOT_FOUND");
      expect(failure.hint).toContain("softhsm2");
    },
  );

  it("says where a known module has no known place on this platform", () => {
    expect(() => resolveModule("luna", computer("darwin"))).toThrow(/no place is known on darwin/);
  });
});
