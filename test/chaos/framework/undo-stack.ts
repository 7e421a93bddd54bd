/** What has to be undone, last first. */
export interface UndoStack {
  readonly push: (step: () => unknown) => void;
  /** Undoes everything, whatever fails, and answers with what did. */
  unwind(): Promise<readonly string[]>;
}

export const undoStack = (): UndoStack => {
  const steps: (() => unknown)[] = [];
  return {
    push: (step) => {
      steps.push(step);
    },
    async unwind() {
      const failures: string[] = [];
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          failures.push(String(error));
        }
      }
      return failures;
    },
  };
};
