;; Freed only when it is null
;; expect: OWN_MAYBE_NULL func=3 offset=0x82
;; monitor: MON_NULL
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "alloc" (func $alloc (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/A" "x.set" (func $set (param externref i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) 
  (local.set $a (call $alloc (i32.const 4))) (if (ref.is_null (local.get $a)) (then (call $free (local.get $a)))) (call $set (local.get $a) (i32.const 1)) (call $free (local.get $a)))
)
