/** Newer TensorFlow logs by absl, which reads no variable: applies the variable of the older logging. */
#if __has_include("absl/log/globals.h")
#include <cstdlib>
#include "absl/log/globals.h"

namespace {
const bool quiet = [] {
  const char *level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  absl::SetMinLogLevel(static_cast<absl::LogSeverityAtLeast>(level == nullptr ? 0 : std::atoi(level)));
  return true;
}();
}  // namespace
#endif
