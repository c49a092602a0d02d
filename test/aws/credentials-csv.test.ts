import { parseCredentialsCsv } from "../../provider/aws/credentials-csv";

const expected = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "ab/cd+ef" };

describe("the CSV file of the AWS console", () => {
  it.each([
    ["as the console writes it", "Access key ID,Secret access key\nAKIAEXAMPLE,ab/cd+ef"],
    [
      "with a byte order mark and Windows newlines",
      "\uFEFFAccess key ID,Secret access key\r\nAKIAEXAMPLE,ab/cd+ef\r\n",
    ],
    [
      "with a user name before and a link after",
      "User name,Access key ID,Secret access key,Console login link\nme,AKIAEXAMPLE,ab/cd+ef,https://x",
    ],
    [
      "with quoted fields",
      '"User, name","Access key ID","Secret access key"\r\n"a ""b"", c","AKIAEXAMPLE","ab/cd+ef"\r\n',
    ],
    ["with the columns the other way round", "Secret access key,Access key ID\nab/cd+ef,AKIAEXAMPLE\n"],
    [
      "with blanks, another case and empty lines",
      "\n access KEY id , Secret Access Key \n\nAKIAEXAMPLE , ab/cd+ef\n,\n",
    ],
  ])("is read %s", (_name, text) => {
    expect(parseCredentialsCsv(text)).toEqual(expected);
  });

  it.each([
    ["no header", "AKIAEXAMPLE,ab/cd+ef"],
    ["no row", "Access key ID,Secret access key\n"],
    ["an empty secret", "Access key ID,Secret access key\nAKIAEXAMPLE,\n"],
    ["a short row", "Access key ID,Secret access key\nAKIAEXAMPLE\n"],
    ["two keys", "Access key ID,Secret access key\nAKIAEXAMPLE,ab/cd+ef\nAKIAOTHER,gh\n"],
    ["a stray quote", 'Access key ID,Secret access key\nAKIA"EXAMPLE,ab/cd+ef\n'],
    ["nothing", ""],
  ])("is refused with %s, without a word of its content", (_name, text) => {
    let message = "";
    try {
      parseCredentialsCsv(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/CSV file/);
    expect(message).not.toMatch(/AKIA|ab\/cd/);
  });
});
