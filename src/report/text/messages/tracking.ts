/** Messages on what records runs beside their folders: TensorBoard's event files and MLflow servers. */
import type { Messages } from '../fact.js'

export const trackingMessages = {
  BoardFailed: ({ folder, fault }, render) =>
    `no more for TensorBoard: ${render(fault)}; the run goes on and its log is whole: espalier resume ${folder} --tensorboard writes the event file again`,
  NoAddress: () =>
    "'--mlflow': expected an address such as http://localhost:5000, got another text; try http:// and the server's name before it",
  NoAnswer: ({ reason }) => `no answer (${reason})`,
  ServerRefused: ({ status, code, said }) =>
    `expected it to accept the request, got ${[`${status}`, code, said].filter(text => text !== '').join(' ')}`,
  StrangeAnswer: ({ fault }, render) => `expected an answer of MLflow, got another: ${render(fault)}`,
  Tracked: ({ page }) => `MLflow shows the run at ${page}`,
  TrackingAway: ({ server, fault }, render) =>
    `MLflow at ${server}: ${render(fault)}; the run goes on, its folder keeps everything, and each epoch tries again to send it`,
  TrackingBack: ({ server }) => `MLflow at ${server} has everything again`,
  TrackingBehind: ({ server, fault, next }, render) =>
    `MLflow at ${server} has not got all of this run: ${render(fault)}; it is whole in its folder; try, to send the rest: ${next}`,
  NoArtifactProxy: ({ server, place }) =>
    `MLflow at ${server}: expected artifacts behind the server (mlflow-artifacts:), got ${place}; report, model and result stay in the run's folder alone; try mlflow server --artifacts-destination, and a new experiment`,
} satisfies Partial<Messages>
