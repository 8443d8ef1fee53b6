/** Does works of one id one after the other, in the order of the calls; those of different ids side by side. */
export function createOneAtATime(): <Result>(id: string, work: () => Promise<Result>) => Promise<Result> {
  const latest = new Map<string, Promise<unknown>>();
  return (id, work) => {
    const done = (latest.get(id) ?? Promise.resolve()).then(work, work);
    latest.set(id, done);
    const leave = () => {
      if (latest.get(id) === done) latest.delete(id);
    };
    done.then(leave, leave);
    return done;
  };
}
