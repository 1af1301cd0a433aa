/** Values of JavaScript as TensorFlow's, and back. Each array is copied once on its way. */
#pragma once
#include <napi.h>
#include <string>
#include <vector>
#include "session.h"

Bytes bytesOf(const Napi::Value &array);
std::vector<std::string> stringsOf(const Napi::Value &array);
/** Copies feeds, in the order of a call's inputs, part by part; throws where one has another length. */
std::vector<Values> tensorsOf(const Call &call, const Napi::Value &feeds);
/** Float32Arrays that own their memory; each has an output's parts, one after another. */
Napi::Array arraysOf(Napi::Env env, const std::vector<Values> &parts);
/** Of `{ inputs: { name, shape }[], outputs: string[], targets: string[], parts: number, threads: number }`. */
Call callOf(const Session &session, const Napi::Object &call);
