"""Inference of an exported net in onnxruntime. Arguments: folder of the net, its input as HEIGHT,WIDTH,CHANNELS, batch, threads."""

import sys
from pathlib import Path

import numpy
import onnxruntime
from answer import answer

folder, shape, batch, threads = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(threads)
session = onnxruntime.InferenceSession(Path(folder) / "onnx" / "model.onnx", options, ["CPUExecutionProvider"])
images = numpy.random.default_rng(0).standard_normal((int(batch), *map(int, shape.split(",")))).astype("float32")
answer(lambda: session.run(["logits"], {"images": images}))
