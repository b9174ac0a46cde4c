/**
 * Which images to run: those named by the environment, else those pinned in infra/images/pins.env, else, where
 * only they are here, the equivalents that infra/images/build.sh makes without a registry.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { Engine } from './engine.ts';
import { hasImage } from './engine.ts';

export const imageParts = ['rabbitmq', 'redis', 'toxiproxy'] as const;
export type ImagePart = (typeof imageParts)[number];

export interface ImageChoice {
  readonly part: ImagePart;
  readonly image: string;
  /** Whether the engine has it, so that nothing need be pulled. */
  readonly here: boolean;
}

/** @returns for each server the image to run. */
export async function chooseImages(
  engine: Engine,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Record<ImagePart, ImageChoice>> {
  const pins = pinnedImages();
  const choose = async (part: ImagePart): Promise<ImageChoice> => {
    const name = `LAB_IMAGE_${part.toUpperCase()}`;
    const wanted = env[name] ?? pins[part];
    if (await hasImage(engine, wanted)) return { part, image: wanted, here: true };
    const built = `reliability-lab/${part}:local`;
    const useBuilt = env[name] === undefined && (await hasImage(engine, built));
    return { part, image: useBuilt ? built : wanted, here: useBuilt };
  };
  const [rabbitmq, redis, toxiproxy] = await Promise.all([
    choose('rabbitmq'),
    choose('redis'),
    choose('toxiproxy'),
  ]);
  return { rabbitmq, redis, toxiproxy };
}

/** The pins, read from the one file that holds them. */
export function pinnedImages(): Record<ImagePart, string> {
  const file = path.join(workspaceRoot(), 'infra', 'images', 'pins.env');
  const text = readFileSync(file, 'utf8');
  const pin = (part: ImagePart): string => {
    const name = `LAB_IMAGE_${part.toUpperCase()}`;
    const value = new RegExp(`^${name}=(\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`${file} does not pin ${name}`);
    return value;
  };
  return { rabbitmq: pin('rabbitmq'), redis: pin('redis'), toxiproxy: pin('toxiproxy') };
}

/** The folder that holds the whole lab, found from here upwards. */
export function workspaceRoot(): string {
  for (let directory = import.meta.dirname; ; directory = path.dirname(directory)) {
    if (existsSync(path.join(directory, 'pnpm-workspace.yaml'))) return directory;
    if (directory === path.dirname(directory)) throw new Error('the lab lies in no workspace');
  }
}
