import { openToken } from "../../provider/hsm/open-token";
import type { TokenPort } from "../../provider/model/ports/token";
import type { FakeCryptoki } from "./fake-cryptoki";

/** Opens a fake token through the real adapter. */
export const openFake = (
  cryptoki: FakeCryptoki,
  options: {
    readonly pin?: string;
    readonly label?: string;
    readonly serial?: string;
    readonly parameters?: string;
  } = {},
): Promise<TokenPort> =>
  openToken(
    {
      module: "fake",
      label: options.label ?? cryptoki.token.label,
      serial: options.serial,
      parameters: options.parameters,
      pin: "env:UNUSED",
    },
    options.pin ?? cryptoki.token.pin,
    { resolve: () => "/fake/module.so", load: () => Promise.resolve(cryptoki) },
  );
