/** Messages on what records runs beside their folders: TensorBoard's event files and MLflow servers. */
import { commandText } from '../../../io/text/command-text.js'
import type { Messages } from '../fact.js'
import { withoutAdvice } from '../phrases.js'

export const trackingMessages = {
  BoardFailed: ({ folder, fault }, render) =>
    `TensorBoard: ${withoutAdvice(render(fault))}; nothing more is written for it, the run goes on, and its log is whole; try ${commandText('resume', folder, '--tensorboard')}, which writes the event file again`,
  NoAddress: () =>
    "--mlflow: expected an address such as http://localhost:5000, got another text, not repeated as it may hold a password; try http:// before the server's name",
  NoAnswer: ({ reason }) => `expected an answer, got none (${reason})`,
  ServerRefused: ({ status, code, said }) =>
    `expected the request to be accepted, got ${[`${status}`, code, said].filter(text => text !== '').join(' ')}`,
  StrangeAnswer: ({ fault }, render) => `expected an answer of MLflow, got another: ${render(fault)}`,
  Tracked: ({ page }) => `MLflow shows the run at ${page}`,
  TrackingAway: ({ server, fault }, render) =>
    `MLflow at ${server}: ${withoutAdvice(render(fault))}; the run goes on, its folder keeps everything, and each epoch tries again to send it`,
  TrackingBack: ({ server }) => `MLflow at ${server} has everything again`,
  TrackingBehind: ({ server, fault, next }, render) =>
    `MLflow at ${server} has not got all of this run: ${withoutAdvice(render(fault))}; it is whole in its folder; try ${next}, which sends the rest`,
  NoArtifactProxy: ({ server, place }) =>
    `MLflow at ${server}: expected artifacts kept by the server (mlflow-artifacts:), got ${place}; report, model and result stay in the run's folder alone; try mlflow server --artifacts-destination, and a new experiment`,
} satisfies Partial<Messages>
