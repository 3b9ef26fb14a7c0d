import { asFairleadError } from "../errors.ts";
import type { Configuration, Images } from "../registry/images.ts";
import { parseImage, type ImageRef } from "./image.ts";
import { readSettings, settingsOf, type BuiltFrom, type ImageSettings } from "./image-settings.ts";

/** The image that is built, and what its base images may be read with. */
export interface Completing {
  readonly images: Pick<Images, "configuration">;
  readonly image: ImageRef;
  /** False if the build has another login than the push: then a base image is read without any. */
  readonly ownLogin: boolean;
  /** Called with a sentence for each thing that stays unknown. */
  readonly warn: (message: string) => void;
}

/**
 * Returns a configuration with what the engine leaves out of it: the variant of its platform, and the settings by
 * HEALTHCHECK, ONBUILD and SHELL, its own or those of its base image. What the engine has kept stays.
 */
export async function completeConfiguration(completing: Completing, from: BuiltFrom, configuration: Configuration): Promise<Configuration> {
  const settings = await settingsOf(from, (base, platform) => readBase(completing, base, platform));
  const [, , variant] = from.platform.split("/");
  return merge(configuration, settings, variant);
}

function merge(configuration: Configuration, settings: ImageSettings, variant: string | undefined): Configuration {
  const config = { ...settings, ...(configuration.config as object | undefined) };
  const hasConfig = configuration.config !== undefined || Object.keys(settings).length > 0;
  return {
    ...(variant !== undefined && { variant }),
    ...configuration,
    ...(hasConfig && { config }),
  };
}

/** A base image that cannot be read is no reason to fail: the engine has read it. */
async function readBase({ images, image, ownLogin, warn }: Completing, base: string, platform: string): Promise<ImageSettings> {
  try {
    const named = parseImage(base);
    const anonymous = !ownLogin || named.registry !== image.registry;
    return readSettings(await images.configuration(named, platform, { anonymous }));
  } catch (error) {
    const failure = asFairleadError(error);
    if (failure.code === "canceled") throw failure;
    warn(`HEALTHCHECK, ONBUILD and SHELL of the base image ${base} are not kept: ${failure.message}`);
    return {};
  }
}
