#include "server.h"

#include "listen.h"
#include "tensorflow/c/c_api.h"

std::string startServer(Bytes definition, const std::string &host) {
  const ListenOnly listen(host);
  Status status;
  TF_Server *server = TF_NewServer(definition.data, definition.length, status);
  status.check();
  listen.check();
  TF_ServerStart(server, status);
  status.check();
  return TF_ServerTarget(server);
}
