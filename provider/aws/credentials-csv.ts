import { ByokError } from "../model/errors";

/** An access key, as the console's CSV file holds it. */
export interface CsvCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ID_COLUMN = "access key id";
const SECRET_COLUMN = "secret access key";

/**
 * Reads the CSV file that the AWS console hands out with an access key. Columns are found by their header, because some
 * consoles put the user's name before them; a byte order mark, CRLF and quotes are tolerated.
 *
 * @throws ByokError BYOK_REFERENCE_UNRESOLVED
 */
export function parseCredentialsCsv(text: string): CsvCredentials {
  const [header, ...rows] = csvRows(text.replace(/^\uFEFF/, "")).filter((row) =>
    row.some((cell) => cell.trim() !== ""),
  );
  const names = (header ?? []).map((cell) => cell.trim().toLowerCase());
  const idAt = names.indexOf(ID_COLUMN);
  const secretAt = names.indexOf(SECRET_COLUMN);
  if (idAt < 0 || secretAt < 0) {
    throw unresolved('The CSV file of credentials has no header with "Access key ID" and "Secret access key".');
  }
  const [row, ...others] = rows;
  if (row === undefined) throw unresolved("The CSV file of credentials has a header and no access key.");
  if (others.length > 0) throw unresolved("The CSV file of credentials holds more than one access key.");
  const accessKeyId = (row[idAt] ?? "").trim();
  const secretAccessKey = (row[secretAt] ?? "").trim();
  if (accessKeyId === "" || secretAccessKey === "") {
    throw unresolved("The CSV file of credentials lacks the access key id or the secret access key.");
  }
  return { accessKeyId, secretAccessKey };
}

/** Cells by row. RFC 4180: a field in quotes may hold commas and newlines, and a doubled quote stands for one. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw unresolved("The CSV file of credentials has a quote in the wrong place.");
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] !== ",") {
      rows.push(row);
      row = [];
    }
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

function unresolved(message: string): ByokError {
  return new ByokError("BYOK_REFERENCE_UNRESOLVED", message, {
    hint: "Use the file that the AWS console offers when it creates an access key, unchanged.",
  });
}
