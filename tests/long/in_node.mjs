// Run by Node: what feedsmith and rss-parser find in the documents at the addresses given.
//     node in_node.mjs MODULES ADDRESS…
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, ...addresses] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${modules}/`));
const Parser = require("rss-parser");
const { parseFeed } = require("feedsmith");

const found = {};
for (const address of addresses) {
  const { feed } = parseFeed(await (await fetch(address)).text());
  found[address] = { feedsmith: feed.entries ?? feed.items };
  if (!address.endsWith(".json")) {
    found[address]["rss-parser"] = (await new Parser().parseURL(address)).items;
  }
}
console.log(JSON.stringify(found));
