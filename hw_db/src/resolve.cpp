// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "document.hpp"
#include "hw_db/fields.hpp"

namespace flashrnn::hw {
namespace {

constexpr std::string_view kInstructions = "matrix_instructions";
constexpr std::string_view kRate = "flops_per_clock_per_compute_unit";

/// A node and the file that it stands in.
struct Found {
  const Document* document = nullptr;
  const Node* node = nullptr;
};

class Resolver {
 public:
  Resolver(const Document& document, const Documents& documents, std::vector<Problem>& problems)
      : document_(document), documents_(documents), problems_(problems) {
    chain_ = ancestry(document, documents, problems);
  }

  Device run() {
    const Node& root = document_.root;
    Device device;
    device.name = document_.name;
    device.vendor = root.string("vendor");
    device.kind = document_.kind;
    device.is_family = document_.is_family;
    device.description = root.string("description");
    device.isa = root.string("isa");
    if (const Node* names = root.find("driver_names")) {
      for (const Node& name : names->items) device.driver_names.push_back(name.text);
    }
    if (device.kind == Kind::kGpu) {
      set_fields(gpu_fields(), device.gpu);
      set_instructions(device.gpu);
    } else {
      set_fields(cpu_fields(), device.cpu);
    }
    check_unused_sources();
    return device;
  }

 private:
  void note(int line, std::string_view field, std::string message) {
    problems_.push_back(problem_at(document_, line, field, std::move(message)));
  }

  template <typename Facts>
  void set_fields(std::span<const Field<Facts>> fields, Facts& facts) {
    for (const Field<Facts>& field : fields) {
      for (const Document* document : chain_) {
        const Node* figures = document->root.find("figures");
        const Node* node = figures == nullptr ? nullptr : figures->find(field.name);
        if (node == nullptr) continue;
        set_value(field, *node->find("value"), facts);
        facts.origins[std::string(field.name)] = make_origin({document, node}, field.name);
        break;
      }
    }
  }

  template <typename Facts>
  static void set_value(const Field<Facts>& field, const Node& value, Facts& facts) {
    if (const auto* count = std::get_if<Count Facts::*>(&field.member)) {
      facts.** count = value.integer;
    } else if (const auto* real = std::get_if<Real Facts::*>(&field.member)) {
      facts.** real = value.real;
    } else {
      facts.*std::get<Text Facts::*>(field.member) = value.text;
    }
  }

  /// What the figure cites; problems are noted for this file's own figures only: its ancestors are looked at as well.
  Origin make_origin(const Found& figure, std::string_view field) {
    Origin origin;
    origin.file = figure.document->shown;
    origin.line = figure.node->line;
    origin.where = figure.node->string("where");
    origin.formula = figure.node->string("formula");
    const bool own = figure.document == &document_;
    const std::string id(figure.node->string("source"));
    if (own) used_.insert(id);
    const Node* source = find_source(*figure.document, id);
    if (source == nullptr) {
      if (own) note(origin.line, field, "its source '" + id + "' stands neither in this file nor in its families");
      return origin;
    }
    const std::string_view kind = source->string("kind");
    origin.kind = kind == "vendor"     ? SourceKind::kVendor
                  : kind == "measured" ? SourceKind::kMeasured
                                       : SourceKind::kDerived;
    origin.title = source->string("title");
    for (const std::string_view key : {"version", "date"}) {
      if (!source->string(key).empty()) origin.title += ", " + std::string(source->string(key));
    }
    if (own) check_place(origin, field);
    return origin;
  }

  void check_place(const Origin& origin, std::string_view field) {
    const bool derived = origin.kind == SourceKind::kDerived;
    if (derived && origin.formula.empty()) note(origin.line, field, "is derived, and has no formula");
    if (!derived && !origin.formula.empty()) note(origin.line, field, "has a formula, but its source is not derived");
    if (!derived && origin.where.empty()) note(origin.line, field, "does not say where in its source it stands");
  }

  const Node* find_source(const Document& from, std::string_view id) {
    std::vector<Problem> ignored;
    for (const Document* document : ancestry(from, documents_, ignored)) {
      const Node* sources = document->root.find("sources");
      const Node* source = sources == nullptr ? nullptr : sources->find(id);
      if (source != nullptr) return source;
    }
    return nullptr;
  }

  /// The lists of the chain become one, from the oldest ancestor down; entries of one name are one instruction.
  void set_instructions(GpuFacts& facts) {
    for (auto document = chain_.rbegin(); document != chain_.rend(); ++document) {
      const Node* figures = (*document)->root.find("figures");
      const Node* list = figures == nullptr ? nullptr : figures->find(kInstructions);
      if (list == nullptr) continue;
      facts.origins[std::string(kInstructions)] = {
          SourceKind::kVendor, (*document)->shown, list->line, "each instruction has its own source", "", ""};
      for (const Node& item : list->items) merge_instruction({*document, &item}, facts);
    }
  }

  void merge_instruction(const Found& item, GpuFacts& facts) {
    const Node& node = *item.node;
    const std::string name(node.string("name"));
    const std::string field = std::string(kInstructions) + "/" + name;
    auto& list = facts.matrix_instructions;
    auto found = std::find_if(list.begin(), list.end(), [&](const auto& known) { return known.name == name; });
    if (found == list.end()) found = list.insert(list.end(), MatrixInstruction{name});
    const auto set_count = [&](std::string_view key, std::int64_t& to) {
      if (const Node* member = node.find(key)) to = member->integer;
    };
    set_count("m", found->m);
    set_count("n", found->n);
    set_count("k", found->k);
    set_count("n_step", found->n_step);
    if (node.find("input") != nullptr) found->input = node.string("input");
    if (node.find("accumulate") != nullptr) found->accumulate = node.string("accumulate");
    if (node.find("source") != nullptr) facts.origins[field] = make_origin(item, field);
    if (const Node* rate = node.find(kRate)) {
      const std::string rate_field = field + "/" + std::string(kRate);
      found->flops_per_clock_per_compute_unit = rate->find("value")->real;
      facts.origins[rate_field] = make_origin({item.document, rate}, rate_field);
    }
    const bool complete =
        found->m > 0 && found->n > 0 && found->k > 0 && !found->input.empty() && !found->accumulate.empty();
    if (item.document == &document_ && !(complete && facts.origins.contains(field))) {
      note(node.line, field, "needs m, n, k, input, accumulate and source, here or in a family");
    }
  }

  void check_unused_sources() {
    const Node* sources = document_.root.find("sources");
    if (sources == nullptr) return;
    for (const Node& source : sources->members) {
      const std::string& id = source.key;
      if (!used_.contains(id)) note(source.line, "sources/" + id, "is cited by no figure of this file");
    }
  }

  const Document& document_;
  const Documents& documents_;
  std::vector<Problem>& problems_;
  std::vector<const Document*> chain_;
  std::set<std::string> used_;
};

}  // namespace

Device resolve(const Document& document, const Documents& documents, std::vector<Problem>& problems) {
  std::vector<Problem> inheritance;
  (void)ancestry(document, documents, inheritance);
  if (!inheritance.empty()) {
    // What is missing then is missing for that reason: no need to list it.
    problems.insert(problems.end(), inheritance.begin(), inheritance.end());
    return {};
  }
  Device device = Resolver(document, documents, problems).run();
  check_device(document, device, problems);
  return device;
}

}  // namespace flashrnn::hw
