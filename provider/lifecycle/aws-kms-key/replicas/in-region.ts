import type { LifecycleContext } from "../../contract";

/** The same context, whose lines say which replica they speak of. */
export const inRegion = (context: LifecycleContext, region: string): LifecycleContext => {
  const about = (message: string): string => `replica in ${region}: ${message}`;
  return {
    ...context,
    log: {
      warn: (message) => context.log.warn(about(message)),
      info: (message) => context.log.info(about(message)),
      progress: (message) => context.log.progress(about(message)),
    },
  };
};
