;; What is owned on a path that only leads to the end of the SIP is not lost: it goes back with it
;; expect: OK
;; contract: block A { x: i32; }
(module
  (import "singula/A" "alloc" (func $alloc (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (func (export "main") (local externref externref)
    (block
      (br_if 0 (ref.is_null (local.tee 0 (call $alloc))))
      (br_if 0 (ref.is_null (local.tee 1 (call $alloc)))) ;; with local 0 owned
      (call $free (local.get 0))
      (call $free (local.get 1))
      (return))
    (drop (call $choose))
    (unreachable)))
