;; As in lost_where_the_program_ends, but the common end may go on: it repeats
;; expect: OWN_LEAK func=3 offset=0x70
;; monitor: - the program can only end there
;; contract: block A { x: i32; }
(module
  (import "singula/A" "alloc" (func $alloc (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $more (result i32)))
  (func (export "main") (local externref externref)
    (block
      (br_if 0 (ref.is_null (local.tee 0 (call $alloc))))
      (br_if 0 (ref.is_null (local.tee 1 (call $alloc))))
      (call $free (local.get 0))
      (call $free (local.get 1))
      (return))
    (loop (br_if 0 (call $more)))
    (unreachable)))
