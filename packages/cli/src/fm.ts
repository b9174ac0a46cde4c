#!/usr/bin/env node
export {};
console.log(process.version, process.argv.slice(2), process.execPath);
