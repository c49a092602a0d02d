/** What a user reads under "Diagnostics", by row. */
export function diagnostics(text: string): Readonly<Record<string, readonly string[]>> {
  const rows: Record<string, string[]> = {};
  let row: string[] = [];
  for (const line of text.slice(text.lastIndexOf("Diagnostics:")).split("\n").slice(1)) {
    const heading = /^ {2}\S+ \((.+)\):$/.exec(line);
    if (/^\S/.test(line)) break;
    if (heading !== null) row = rows[heading[1] ?? ""] = [];
    else if (line.trim() !== "") row.push(line.trim());
  }
  return rows;
}
