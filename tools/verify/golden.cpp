// SPDX-License-Identifier: Apache-2.0
#include "verify/golden.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "verify/npy.hpp"

namespace flashrnn::verify {
namespace {

using reference::Cell;
using Values = std::vector<double>;

class Folder {
 public:
  explicit Folder(const std::filesystem::path& path) : path_(path) {
    const std::filesystem::path file = path / "case.json";
    std::ifstream stream(file);
    if (!stream) throw std::runtime_error(file.string() + " cannot be opened");
    try {
      json_ = nlohmann::json::parse(stream);
    } catch (const nlohmann::json::exception& error) {
      throw std::runtime_error(file.string() + " is not valid JSON: " + error.what());
    }
  }

  [[nodiscard]] bool has(const std::string& key) const { return json_.contains(key); }

  template <class Value>
  [[nodiscard]] Value get(const std::string& key) const {
    try {
      return json_.at(key).get<Value>();
    } catch (const nlohmann::json::exception&) {
      throw std::runtime_error((path_ / "case.json").string() + " has no usable field '" + key + "'");
    }
  }
  [[nodiscard]] std::int64_t size(const std::string& key) const {
    const auto value = get<std::int64_t>(key);
    if (value >= 1) return value;
    throw std::runtime_error((path_ / "case.json").string() + " has " + key + " = " + std::to_string(value) +
                             ", which must be at least 1");
  }

  [[nodiscard]] Values tensor(const std::string& name, std::vector<std::int64_t> shape) const {
    const std::filesystem::path file = path_ / (name + ".npy");
    Array array = read_npy(file);
    if (array.shape == shape) return std::move(array.data);
    throw std::runtime_error(file.string() + " has shape " + text(array.shape) + "; case.json asks for " + text(shape));
  }

 private:
  static std::string text(const std::vector<std::int64_t>& shape) { return nlohmann::json(shape).dump(); }

  std::filesystem::path path_;
  nlohmann::json json_;
};

// Blocks of `source` in another order: block g of the result is block order[g] of the source.
Values permute(const Values& source, const std::vector<int>& order) {
  Values result;
  result.reserve(source.size());
  const auto block = static_cast<std::ptrdiff_t>(source.size() / order.size());
  for (const int g : order) result.insert(result.end(), source.begin() + g * block, source.begin() + (g + 1) * block);
  return result;
}

// [A, B, inner] -> [B, A, inner].
Values swap_axes(const Values& source, std::int64_t a, std::int64_t b) {
  Values result(source.size());
  const std::int64_t inner = static_cast<std::int64_t>(source.size()) / (a * b);
  for (std::int64_t i = 0; i < a; ++i) {
    for (std::int64_t j = 0; j < b; ++j) {
      std::copy_n(source.begin() + (i * b + j) * inner, inner, result.begin() + (j * a + i) * inner);
    }
  }
  return result;
}

Values state_of(const Values& states, std::size_t count, std::size_t state) {
  const std::size_t block = states.size() / count;
  return {states.begin() + static_cast<std::ptrdiff_t>(state * block),
          states.begin() + static_cast<std::ptrdiff_t>((state + 1) * block)};
}

void append_states(std::vector<NamedTensor>& list, const std::string& name, const Values& states, Cell cell) {
  const auto& cell_info = reference::info(cell);
  for (int s = 0; s < cell_info.states; ++s) {
    list.push_back({name + "." + std::string(cell_info.state_names[s]), state_of(states, cell_info.states, s)});
  }
}

void read_sizes(const Folder& folder, std::int64_t heads, GoldenCase& golden) {
  golden.problem.batch = folder.size("B");
  golden.problem.time = folder.size("T");
  golden.problem.heads = heads;
  golden.problem.head_dim = folder.size("D");
}

// The authors' orders, ours by theirs reversed: gru R n, r, z and b n (recurrent), r, z, n (input).
const std::vector<int> kGruRFromNx = {1, 2, 0};
const std::vector<int> kGruRToNx = {2, 0, 1};
const std::vector<int> kGruBFromNx = {1, 2, 3, 0};
const std::vector<int> kGruBToNx = {3, 0, 1, 2};

void read_nx(const Folder& folder, GoldenCase& golden) {
  read_sizes(folder, folder.size("N"), golden);
  const auto cell_name = folder.get<std::string>("cell");
  const auto cell = reference::find_cell(cell_name);
  if (!cell) throw std::runtime_error(golden.name + ": case.json names an unknown cell '" + cell_name + "'");
  const reference::CellInfo& cell_info = reference::info(*cell);
  const std::int64_t B = golden.problem.batch;
  const std::int64_t T = golden.problem.time;
  const std::int64_t N = golden.problem.heads;
  const std::int64_t D = golden.problem.head_dim;
  const std::int64_t Gx = cell_info.input_gates;
  const std::int64_t Gr = cell_info.recurrent_gates;
  const std::int64_t Gb = cell_info.biases;
  const std::int64_t S = cell_info.states;

  golden.problem.cell = *cell;
  golden.inputs.Wx = folder.tensor("Wx", {B, T, Gx, N, D});
  golden.inputs.R = folder.tensor("R", {Gr, N, D, D});
  golden.inputs.b = folder.tensor("b", {Gb, N, D});
  if (*cell == Cell::kGru) {
    golden.inputs.R = permute(golden.inputs.R, kGruRFromNx);
    golden.inputs.b = permute(golden.inputs.b, kGruBFromNx);
  }
  golden.inputs.initial_states = folder.tensor("states0", {S, B, N, D});
  golden.output_gradients.states = folder.tensor("dy", {B, T, N, D});
  // Their loss has the last states for lstm only.
  if (*cell == Cell::kLstm) golden.output_gradients.final_states = folder.tensor("dlast", {S, B, N, D});

  append_states(golden.expected, "states", folder.tensor("states", {S, B, T, N, D}), *cell);
  golden.expected.push_back({"dWx", folder.tensor("dWx", {B, T, Gx, N, D})});
  golden.expected.push_back({"dR", folder.tensor("dR", {Gr, N, D, D})});
  golden.expected.push_back({"db", folder.tensor("db", {Gb, N, D})});
  append_states(golden.expected, "dstates0", folder.tensor("dstates0", {S, B, N, D}), *cell);
}

std::vector<NamedTensor> view_nx(const GoldenCase& golden, const reference::Result& result) {
  const bool gru = golden.problem.cell == Cell::kGru;
  std::vector<NamedTensor> list;
  append_states(list, "states", result.forward.states, golden.problem.cell);
  list.push_back({"dWx", result.gradients.dWx});
  list.push_back({"dR", gru ? permute(result.gradients.dR, kGruRToNx) : result.gradients.dR});
  list.push_back({"db", gru ? permute(result.gradients.db, kGruBToNx) : result.gradients.db});
  append_states(list, "dstates0", result.gradients.dinitial_states, golden.problem.cell);
  return list;
}

Cell torch_cell(const std::string& name, const std::string& case_name) {
  if (name == "lstm") return Cell::kLstm;
  if (name == "gru") return Cell::kGru;
  if (name == "rnn_tanh") return Cell::kElman;
  if (name == "rnn_relu") return Cell::kElmanRelu;
  throw std::runtime_error(case_name + ": case.json names an unknown cell '" + name + "'");
}

void read_torch(const Folder& folder, GoldenCase& golden) {
  read_sizes(folder, 1, golden);
  const Cell cell = torch_cell(folder.get<std::string>("cell"), golden.name);
  golden.problem.cell = cell;
  const std::int64_t B = golden.problem.batch;
  const std::int64_t T = golden.problem.time;
  const std::int64_t D = golden.problem.head_dim;
  const std::int64_t rows = reference::info(cell).input_gates * D;

  Projection projection;
  const std::int64_t I = projection.inputs = folder.size("I");
  projection.x = folder.tensor("x", {T, B, I});
  projection.w_ih = folder.tensor("w_ih", {rows, I});
  const Values x = swap_axes(projection.x, T, B);
  golden.inputs.Wx.assign(static_cast<std::size_t>(B * T * rows), 0.0);
  for (std::int64_t token = 0; token < B * T; ++token) {
    for (std::int64_t row = 0; row < rows; ++row) {
      double sum = 0.0;
      for (std::int64_t i = 0; i < I; ++i) sum += x[token * I + i] * projection.w_ih[row * I + i];
      golden.inputs.Wx[token * rows + row] = sum;
    }
  }
  golden.projection = std::move(projection);

  golden.inputs.R = folder.tensor("w_hh", {rows, D});
  Values& b = golden.inputs.b;
  b = folder.tensor("b_ih", {rows});
  const Values b_hh = folder.tensor("b_hh", {rows});
  const std::int64_t shared = cell == Cell::kGru ? 2 * D : rows;  // where both biases act in one place
  for (std::int64_t row = 0; row < shared; ++row) b[row] += b_hh[row];
  b.insert(b.end(), b_hh.begin() + shared, b_hh.end());

  golden.inputs.initial_states = folder.tensor("h0", {B, D});
  golden.output_gradients.states = swap_axes(folder.tensor("dy", {T, B, D}), T, B);

  std::vector<NamedTensor>& expected = golden.expected;
  expected.push_back({"y", folder.tensor("y", {T, B, D})});
  expected.push_back({"dh0", folder.tensor("dh0", {B, D})});
  if (cell == Cell::kLstm) {
    const Values c0 = folder.tensor("c0", {B, D});
    golden.inputs.initial_states.insert(golden.inputs.initial_states.end(), c0.begin(), c0.end());
    expected.push_back({"cn", folder.tensor("cn", {B, D})});
    expected.push_back({"dc0", folder.tensor("dc0", {B, D})});
  }
  expected.push_back({"dx", folder.tensor("dx", {T, B, I})});
  expected.push_back({"dw_ih", folder.tensor("dw_ih", {rows, I})});
  expected.push_back({"dw_hh", folder.tensor("dw_hh", {rows, D})});
  expected.push_back({"db_ih", folder.tensor("db_ih", {rows})});
  expected.push_back({"db_hh", folder.tensor("db_hh", {rows})});
}

std::vector<NamedTensor> view_torch(const GoldenCase& golden, const reference::Result& result) {
  const Projection& projection = *golden.projection;
  const Cell cell = golden.problem.cell;
  const std::int64_t B = golden.problem.batch;
  const std::int64_t T = golden.problem.time;
  const std::int64_t I = projection.inputs;
  const std::int64_t rows = reference::info(cell).input_gates * golden.problem.head_dim;
  const std::size_t S = static_cast<std::size_t>(reference::info(cell).states);
  std::vector<NamedTensor> list;
  list.push_back({"y", swap_axes(state_of(result.forward.states, S, 0), B, T)});
  list.push_back({"dh0", state_of(result.gradients.dinitial_states, S, 0)});
  if (cell == Cell::kLstm) {
    list.push_back({"cn", state_of(result.forward.final_states, S, 1)});
    list.push_back({"dc0", state_of(result.gradients.dinitial_states, S, 1)});
  }

  const Values dWx = swap_axes(result.gradients.dWx, B, T);
  Values dx(projection.x.size(), 0.0);
  Values dw_ih(projection.w_ih.size(), 0.0);
  for (std::int64_t token = 0; token < T * B; ++token) {
    for (std::int64_t row = 0; row < rows; ++row) {
      const double d = dWx[token * rows + row];
      for (std::int64_t i = 0; i < I; ++i) {
        dx[token * I + i] += d * projection.w_ih[row * I + i];
        dw_ih[row * I + i] += d * projection.x[token * I + i];
      }
    }
  }
  list.push_back({"dx", std::move(dx)});
  list.push_back({"dw_ih", std::move(dw_ih)});
  list.push_back({"dw_hh", result.gradients.dR});
  const bool gru = cell == Cell::kGru;  // our biases r, z, n, hn
  Values db_ih = result.gradients.db;
  if (gru) db_ih.resize(static_cast<std::size_t>(rows));
  list.push_back({"db_ih", db_ih});
  if (gru) {
    const Values dhn = state_of(result.gradients.db, 4, 3);
    std::copy(dhn.begin(), dhn.end(), db_ih.end() - static_cast<std::ptrdiff_t>(dhn.size()));
  }
  list.push_back({"db_hh", std::move(db_ih)});
  return list;
}

}  // namespace

std::vector<std::filesystem::path> list_golden(const std::filesystem::path& directory) {
  std::error_code error;
  std::vector<std::filesystem::path> folders;
  if (exists(directory / "case.json", error)) folders.push_back(directory);
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (exists(entry.path() / "case.json")) folders.push_back(entry.path());
  }
  if (error) throw std::runtime_error(directory.string() + " cannot be read: " + error.message());
  if (folders.empty()) throw std::runtime_error(directory.string() + " has no folder with a case.json");
  std::sort(folders.begin(), folders.end());
  return folders;
}

GoldenCase read_golden(const std::filesystem::path& folder) {
  GoldenCase golden;
  golden.name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  const Folder files(folder);
  if (files.has("I")) {
    read_torch(files, golden);
  } else {
    read_nx(files, golden);
  }
  return golden;
}

std::vector<NamedTensor> golden_view(const GoldenCase& golden, const reference::Result& result) {
  return golden.projection ? view_torch(golden, result) : view_nx(golden, result);
}

}  // namespace flashrnn::verify
