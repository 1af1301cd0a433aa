#include "server.h"

#include "tensorflow/c/c_api.h"

std::string startServer(Bytes definition) {
  Status status;
  TF_Server *server = TF_NewServer(definition.data, definition.length, status);
  status.check();
  TF_ServerStart(server, status);
  status.check();
  return TF_ServerTarget(server);
}
