import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WrongUse } from "../wrong-use.ts";
import { collect } from "./collect.ts";

let root = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "imagefleet-collect-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, text = "x"): Promise<string> {
  const file = join(root, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, text);
  return file;
}

const keysOf = async (...paths: string[]) =>
  (await collect(paths, root)).sources.map(({ key }) => key);

describe("what a person named", () => {
  test("is a folder: every image below it, by name, its path the key", async () => {
    for (const path of ["photos/b.JPG", "photos/a/deep er/ü+%20'🐱.webp", "photos/c.heic"]) {
      await put(path);
    }
    await put("photos/notes.txt");
    await put("photos/.hidden.jpg");
    await put("photos/.git/x.jpg");
    const { sources, skipped, unreadable } = await collect(["photos"], root);
    expect(sources.map(({ key }) => key)).toEqual(["a/deep er/ü+%20'🐱.webp", "b.JPG", "c.heic"]);
    expect(sources[1]).toEqual({ key: "b.JPG", file: join(root, "photos/b.JPG"), bytes: 1 });
    expect(skipped).toEqual({ others: 1, hidden: 2, out: 0 });
    expect(unreadable).toEqual([]);
  });

  test("is a file: taken whatever it is called, empty or not", async () => {
    await put("notes.txt", "");
    expect(await keysOf("notes.txt")).toEqual(["notes.txt"]);
  });

  test("is several folders: each one's name comes first", async () => {
    await put("one/x.jpg");
    await put("two/x.jpg");
    await put("y.jpg");
    expect(await keysOf("one", "./two/", "y.jpg")).toEqual(["one/x.jpg", "two/x.jpg", "y.jpg"]);
  });

  test("holds links: files and folders are followed, circles and nothing are not", async () => {
    await put("photos/a.jpg");
    await put("elsewhere/b.jpg");
    await symlink(join(root, "elsewhere"), join(root, "photos/linked"));
    await symlink(join(root, "elsewhere/b.jpg"), join(root, "photos/c.jpg"));
    await symlink(join(root, "photos"), join(root, "photos/circle"));
    await symlink(join(root, "gone.jpg"), join(root, "photos/dangling.jpg"));
    const { sources, unreadable } = await collect(["photos"], root);
    expect(sources.map(({ key }) => key)).toEqual(["a.jpg", "c.jpg", "linked/b.jpg"]);
    expect(unreadable).toEqual([
      { file: join(root, "photos/dangling.jpg"), why: "it is not there (any more)" },
    ]);
  });

  test("would give two files one key: both are named", async () => {
    await put("one/x.jpg");
    await put("two/x.jpg");
    const error = await collect(["one/x.jpg", "two/x.jpg"], root).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(WrongUse);
    expect(error.message).toBe(
      `${join(root, "one/x.jpg")} and ${join(root, "two/x.jpg")} would both get the key "x.jpg": rename one of them, or name one folder that holds both`,
    );
  });

  test("is not there, or holds no image", async () => {
    await put("texts/a.txt");
    await expect(collect(["nowhere"], root)).rejects.toThrow(
      `${join(root, "nowhere")} does not exist: name a folder of images`,
    );
    const nothing = collect(["texts"], root);
    await expect(nothing).rejects.toThrow("no image in texts (1 other file there)");
    await expect(nothing).rejects.toBeInstanceOf(WrongUse);
  });
});
