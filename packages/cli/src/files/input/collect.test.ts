import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { newFolder } from "../../fixtures/folder.ts";
import { put as putFile } from "../../fixtures/pictures.ts";
import { UsageError } from "../../usage-error.ts";
import { markOutput } from "../output/mark.ts";
import { collect } from "./collect.ts";

let root = "";

beforeEach(async () => {
  root = await newFolder();
});

const put = (path: string, text = "x") => putFile(root, path, text);

const keysOf = async (...paths: string[]) =>
  (await collect(paths, root)).sources.map(({ key }) => key);

describe("collect", () => {
  test("takes every image below a folder, in order, with its path as the key", async () => {
    for (const path of ["photos/b.JPG", "photos/a/deep er/ü+%20'🐱.webp", "photos/c.heic"]) {
      await put(path);
    }
    await put("photos/notes.txt");
    await put("photos/.hidden.jpg");
    await put("photos/a/.git/x.jpg");
    const { sources, skipped, unreadable } = await collect(["photos"], root);
    expect(sources.map(({ key }) => key)).toEqual(["a/deep er/ü+%20'🐱.webp", "b.JPG", "c.heic"]);
    expect(sources[1]).toEqual({ key: "b.JPG", file: join(root, "photos/b.JPG"), bytes: 1 });
    const hidden = [".hidden.jpg", "a/.git"];
    expect(skipped).toEqual({ others: ["notes.txt"], hidden, specials: [], out: [], outputs: [] });
    expect(unreadable).toEqual([]);
  });

  test("takes a named file with any name, even if it is empty", async () => {
    await put("notes.txt", "");
    expect(await keysOf("notes.txt")).toEqual(["notes.txt"]);
  });

  test("starts each key with the name of its folder when there are several", async () => {
    await put("one/x.jpg");
    await put("two/x.jpg");
    await put("y.jpg");
    await put("two/notes.txt");
    await symlink(join(root, "one/x.jpg"), join(root, "two/z.jpg"));
    const { sources, skipped, outside } = await collect(["one", "./two/", "y.jpg"], root);
    const keys = ["one/x.jpg", "two/x.jpg", "two/z.jpg", "y.jpg"];
    expect(sources.map(({ key }) => key)).toEqual(keys);
    expect([skipped.others, outside]).toEqual([["two/notes.txt"], ["two/z.jpg"]]);
  });

  test("follows links to files and folders, but no cycles and no dangling links", async () => {
    await put("photos/a.jpg");
    await put("elsewhere/b.jpg");
    await put("elsewhere/notes.txt");
    await put("texts/c.txt");
    await symlink(join(root, "elsewhere"), join(root, "photos/linked"));
    await symlink(join(root, "elsewhere/b.jpg"), join(root, "photos/c.jpg"));
    await symlink(join(root, "texts"), join(root, "photos/texts"));
    await symlink(join(root, "photos"), join(root, "photos/circle"));
    await symlink(join(root, "gone.jpg"), join(root, "photos/dangling.jpg"));
    await symlink(join(root, "photos/a.jpg"), join(root, "photos/d.jpg"));
    const { sources, outside, skipped, unreadable } = await collect(["photos"], root);
    expect(sources.map(({ key }) => key)).toEqual(["a.jpg", "c.jpg", "d.jpg", "linked/b.jpg"]);
    expect(outside).toEqual(["c.jpg", "linked"]);
    expect(skipped.others).toEqual(["linked/notes.txt", "texts/c.txt"]);
    const why = `it is a link to ${join(root, "gone.jpg")}, which does not exist: fix it or remove it`;
    expect(unreadable).toEqual([{ file: join(root, "photos/dangling.jpg"), why }]);
  });

  // Only file systems of Linux accept such names.
  test.runIf(process.platform === "linux")("reports names that are not UTF-8", async () => {
    await put("photos/a.jpg");
    const odd = (name: string) =>
      Buffer.concat([Buffer.from(join(root, "photos/")), Buffer.from(name, "latin1")]);
    await writeFile(odd("caf\u00e9.jpg"), "x");
    await writeFile(odd("caf\u00e9.txt"), "x");
    await mkdir(odd("\u00e9t\u00e9"));
    const { sources, skipped, unreadable } = await collect(["photos"], root);
    expect(sources.map(({ key }) => key)).toEqual(["a.jpg"]);
    expect(skipped.others).toEqual(["caf\ufffd.txt"]);
    expect(unreadable).toEqual([
      { file: join(root, "photos/caf\ufffd.jpg"), why: "its name is not UTF-8: rename it" },
      { file: join(root, "photos/\ufffdt\ufffd"), why: "its name is not UTF-8: rename it" },
    ]);
  });

  test("skips a pipe and a socket with the extension of an image", async () => {
    await put("photos/a.jpg");
    execFileSync("mkfifo", [join(root, "photos/pipe.jpg")]);
    const server = createServer().listen(join(root, "photos/socket.jpg"));
    await once(server, "listening");
    const { sources, skipped } = await collect(["photos"], root);
    server.close();
    expect(sources.map(({ key }) => key)).toEqual(["a.jpg"]);
    expect(skipped).toMatchObject({ specials: ["pipe.jpg", "socket.jpg"], others: [] });
  });

  test("skips the output folder of an earlier run, and refuses it as a named folder", async () => {
    await put("photos/a.jpg");
    await mkdir(join(root, "photos/small"));
    await markOutput(join(root, "photos/small"));
    await put("photos/small/thumb/a.jpg.webp");
    const { sources, skipped } = await collect(["photos"], root);
    expect(sources.map(({ key }) => key)).toEqual(["a.jpg"]);
    expect(skipped.outputs).toEqual(["small"]);
    await expect(collect(["photos/small"], root)).rejects.toThrow(
      /photos\/small contains renditions .*name the folder of the sources/,
    );
    // A folder that contains images is never marked: they would be skipped.
    await markOutput(join(root, "photos"));
    expect(await keysOf("photos")).toEqual(["a.jpg"]);
  });

  test("names both files that would have one key", async () => {
    await put("one/x.jpg");
    await put("two/x.jpg");
    const error = await collect(["one/x.jpg", "two/x.jpg"], root).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe(
      `${join(root, "one/x.jpg")} and ${join(root, "two/x.jpg")} would both have the key "x.jpg": rename one of them, or name one folder that contains both`,
    );
  });

  test("refuses a path that does not exist or contains no image", async () => {
    await put("texts/a.txt");
    await expect(collect(["nowhere"], root)).rejects.toThrow(
      `${join(root, "nowhere")} does not exist: name a folder of images`,
    );
    const nothing = collect(["texts"], root);
    await expect(nothing).rejects.toThrow(
      "no image in texts (skipped 1 file not named like an image (a.txt)): images are",
    );
    await expect(nothing).rejects.toBeInstanceOf(UsageError);
  });
});
