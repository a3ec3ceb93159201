;; A block passed to a host function through a table
;; expect: STR_FOREIGN_REFERENCE func=2 offset=0x5b
;; monitor: - what a host does with a reference is not the guest's mistake
;; contract: block A { x: i32; }
(module
  (import "singula/A" "new" (func $new (result externref)))
  (import "env" "host" (func $host (param externref)))
  (table funcref (elem $host))
  (func $main (export "main")
    (call_indirect (param externref) (call $new) (i32.const 0)))
)
